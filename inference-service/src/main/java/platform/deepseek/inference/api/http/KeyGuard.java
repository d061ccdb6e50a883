package platform.deepseek.inference.api.http;

import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import platform.deepseek.inference.api.account.Caller;
import platform.deepseek.inference.api.deepseek.DeepSeekErrors;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.metrics.RequestMetrics;
import platform.deepseek.inference.api.stream.ErrorBody;

/** The guard of a service alone: nobody comes in without the one key, whatever the route. */
final class KeyGuard implements Guard {

  private static final String SCHEME = "Bearer ";

  private final byte[] digest;
  private final Caller owner;
  private final RequestMetrics metrics;

  KeyGuard(Optional<String> key, RequestMetrics metrics) {
    String secret =
        key.filter(text -> !text.isBlank())
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        "nobody could ask: set DEEPSEEK_AUTH_URL to auth-service, or, for a service"
                            + " alone, DEEPSEEK_API_KEY to a secret that clients will send, or,"
                            + " where the network lets in only who may ask, DEEPSEEK_AUTH_MODE to"
                            + " none."));
    this.digest = digest(secret);
    this.owner = new Caller(HexFormat.of().formatHex(digest));
    this.metrics = metrics;
  }

  @Override
  public void pass(RoutingContext context, boolean generates) {
    String key = context.request().getHeader("x-api-key"); // Anthropic's
    if (key != null && matches(key.strip())) {
      owner.sent(context);
      context.next();
      return;
    }
    String header = context.request().getHeader("authorization");
    if (header == null || header.isBlank()) {
      refuse(
          context,
          key == null || key.isBlank()
              ? "You didn't provide an API key. Send it in a header: Authorization: Bearer YOUR_KEY"
                  + " or x-api-key: YOUR_KEY."
              : incorrect(context, key.strip()));
    } else if (!header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      refuse(context, "The header Authorization must read: Bearer YOUR_KEY.");
    } else if (!matches(header.substring(SCHEME.length()).strip())) {
      refuse(context, incorrect(context, header.substring(SCHEME.length()).strip()));
    } else {
      owner.sent(context);
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
    ErrorBody.send(
        context.response(),
        new ApiException(ApiError.INVALID_API_KEY, message),
        Styles.of(context.request()));
  }

  /** With enough of it for its owner to know which key it was. */
  private static String incorrect(RoutingContext context, String key) {
    String shown = "****" + (key.length() < 12 ? "" : key.substring(key.length() - 4));
    return Styles.of(context.request()) == DeepSeekErrors.STYLE
        ? "Authentication Fails, Your api key: " + shown + " is invalid"
        : "Incorrect API key provided: " + shown + ".";
  }

  private static byte[] digest(String key) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}
