/** API keys: their text, what is kept of them, and who may make them. */
package platform.deepseek.auth.credential;
