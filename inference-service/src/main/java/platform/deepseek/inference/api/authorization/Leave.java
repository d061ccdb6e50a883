package platform.deepseek.inference.api.authorization;

import java.util.Map;
import java.util.Optional;
import platform.deepseek.inference.engine.Share;

/**
 * A request may be answered.
 *
 * @param holder tenant and user, or key where it is nobody's own
 * @param reservation to be settled; empty when nothing is held
 * @param promptBytes of the request that have to be handed over before it is answered; usually none
 * @param headers for the client
 */
record Leave(
    String holder,
    String cacheSalt,
    Share share,
    Optional<String> reservation,
    long maxTokens,
    int promptBytes,
    Map<String, String> headers) {}
