/** How much may be asked for: limits, and the counters that hold them across all replicas. */
package platform.deepseek.auth.limit;
