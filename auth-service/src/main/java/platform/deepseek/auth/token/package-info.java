/**
 * Bearer tokens that are no API keys: those of identity providers (package issuer) and those that
 * this service makes out of API keys (package grant).
 */
package platform.deepseek.auth.token;
