/** {@code POST /v1/embeddings}, by the loaded model or a small one of its own. */
package platform.deepseek.inference.api.embeddings;
