package platform.deepseek.inference.api.http;

import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Set;
import platform.deepseek.inference.api.ServiceConfig;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.metrics.RequestMetrics;
import platform.deepseek.inference.api.stream.ErrorBody;

/** Lets nobody in without the key, whatever the route, but to the open ones. */
final class KeyGuard implements Handler<RoutingContext> {

  private static final String SCHEME = "Bearer ";

  private final byte[] digest;
  private final Set<String> open;
  private final RequestMetrics metrics;

  KeyGuard(ServiceConfig config, Set<String> open, RequestMetrics metrics) {
    if (config.apiKey().isBlank()) {
      throw new IllegalStateException(
          "deepseek.api-key is empty: set DEEPSEEK_API_KEY to a secret that clients will send.");
    }
    this.digest = digest(config.apiKey());
    this.open = open;
    this.metrics = metrics;
  }

  @Override
  public void handle(RoutingContext context) {
    if (open.contains(context.request().path())) {
      context.next();
      return;
    }
    String header = context.request().getHeader("authorization");
    if (header == null || header.isBlank()) {
      refuse(
          context,
          "You didn't provide an API key. Send it in a header: Authorization: Bearer YOUR_KEY.");
    } else if (!header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      refuse(context, "The header Authorization must read: Bearer YOUR_KEY.");
    } else if (!matches(header.substring(SCHEME.length()).strip())) {
      refuse(context, "Incorrect API key provided: " + masked(header) + ".");
    } else {
      context.next();
    }
  }

  /** Digests are compared, in constant time: neither content nor length of the key leaks. */
  private boolean matches(String key) {
    return MessageDigest.isEqual(digest, digest(key));
  }

  private void refuse(RoutingContext context, String message) {
    metrics.refused(ApiError.INVALID_API_KEY);
    context.response().putHeader("www-authenticate", "Bearer");
    ErrorBody.send(context.response(), new ApiException(ApiError.INVALID_API_KEY, message));
  }

  /** Enough for its owner to know which key it was. */
  private static String masked(String header) {
    String key = header.substring(SCHEME.length()).strip();
    return key.length() < 12 ? "****" : "****" + key.substring(key.length() - 4);
  }

  private static byte[] digest(String key) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}
