/** Questions with known answers, asked of a new revision by the OpenAI API. */
package platform.deepseek.operator.exam;
