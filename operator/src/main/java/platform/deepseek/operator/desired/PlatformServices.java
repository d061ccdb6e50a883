package platform.deepseek.operator.desired;

import java.util.Optional;

/**
 * The services that the Native engine asks, and the Secret it proves itself to them with.
 *
 * @param authAddress address of auth-service, such as http://auth-service.platform.svc:8082
 * @param cacheAddress address of cache-service; empty: no answer is kept
 * @param keySecret Secret in the namespace of the resource whose key {@code service-key} the
 *     services know each other by
 */
public record PlatformServices(
    Optional<String> authAddress, Optional<String> cacheAddress, String keySecret) {}
