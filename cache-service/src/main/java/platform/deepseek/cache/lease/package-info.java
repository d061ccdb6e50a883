/** Who computes an answer: one at a time, by leases with fencing. */
package platform.deepseek.cache.lease;
