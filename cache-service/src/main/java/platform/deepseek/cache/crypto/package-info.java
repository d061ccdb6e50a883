/** Encryption of what is kept, and the keys of tenants. */
package platform.deepseek.cache.crypto;
