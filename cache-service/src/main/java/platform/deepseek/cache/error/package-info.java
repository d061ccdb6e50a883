/** Failures as they are told: one body for all of them. */
package platform.deepseek.cache.error;
