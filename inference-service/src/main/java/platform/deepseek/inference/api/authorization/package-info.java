/**
 * auth-service as this service sees it: who somebody is, what they may use, and what they used.
 *
 * <p>A request for a generation asks twice. When its headers are there it is asked who sends it, so
 * that nobody without a key has megabytes tokenised; that is remembered for seconds. When prompt
 * and limits are known it is asked whether it may be answered, every time: this counts the request,
 * sets tokens aside and says how many there are. What was remembered therefore lets nobody have
 * anything, and a revocation holds as soon as auth-service knows of it. All other routes ask once,
 * every time.
 */
package platform.deepseek.inference.api.authorization;
