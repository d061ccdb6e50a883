/** Identity providers: which there are, their keys, and what their tokens have to say. */
package platform.deepseek.auth.token.issuer;
