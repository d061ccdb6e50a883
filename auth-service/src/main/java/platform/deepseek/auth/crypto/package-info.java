/** Signing, hashing and sealing, in the standard algorithms or in China's national ones. */
package platform.deepseek.auth.crypto;
