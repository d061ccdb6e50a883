/** The answer cache: tiers, leases and streams together. */
package platform.deepseek.cache.answer;
