/** What DeepSeek's API has beside OpenAI's: its errors, its balance, its model list. */
package platform.deepseek.inference.api.deepseek;
