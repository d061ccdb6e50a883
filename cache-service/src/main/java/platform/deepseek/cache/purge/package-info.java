/** What was purged, and when, for all replicas. */
package platform.deepseek.cache.purge;
