/**
 * Whole answers that cache-service keeps for all replicas: found, computed and handed in, or
 * followed while another replica computes them.
 *
 * <p>A request is looked up when it was granted and before it is queued. Whatever cache-service
 * does, the client gets its answer: a lookup that fails or takes too long is a miss, a leader that
 * dies is replaced by computing what is missing.
 */
package platform.deepseek.inference.api.cache;
