/** {@code POST /tokenize} and {@code POST /detokenize}, as vLLM has them. */
package platform.deepseek.inference.api.tokens;
