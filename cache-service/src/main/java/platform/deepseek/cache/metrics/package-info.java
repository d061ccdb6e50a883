/** Counts and times. */
package platform.deepseek.cache.metrics;
