/** Tokens that this service makes itself, out of API keys. */
package platform.deepseek.auth.token.grant;
