/** OpenAI's chat completions, completions and models: requests in, exact shapes out. */
package platform.deepseek.inference.api.openai;
