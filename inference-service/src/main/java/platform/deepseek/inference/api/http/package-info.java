/** Routes: who may come in, what is read, which answer is written. */
package platform.deepseek.inference.api.http;
