/** Answers over HTTP that come whole and in time, or fail. */
package platform.deepseek.operator.http;
