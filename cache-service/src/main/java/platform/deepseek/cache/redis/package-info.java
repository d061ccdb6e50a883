/** Redis, asked with bounded patience. */
package platform.deepseek.cache.redis;
