/** The text of a token: read strictly, and whether it bears a signature. */
package platform.deepseek.auth.token.jose;
