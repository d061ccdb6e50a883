package platform.deepseek.cache.http;

import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Optional;

/**
 * Lets only other services of the platform in: those that know the shared secret, or, where that is
 * switched on for a local run, those of the same machine. Without either nobody is.
 */
public final class ServiceGuard {

  static final String HEADER = "x-deepseek-service-key";
  private static final int SHORTEST_SECRET = 16;

  private final Optional<byte[]> digest;
  private final boolean loopback;

  /**
   * @param secret that the header has to hold
   * @param loopback whether connections from the loopback address need none
   */
  public ServiceGuard(Optional<String> secret, boolean loopback) {
    secret.ifPresent(
        text -> {
          if (text.length() < SHORTEST_SECRET) {
            throw new IllegalStateException(
                "deepseek.cache.service-key has %d characters and needs %d: make one with"
                        .formatted(text.length(), SHORTEST_SECRET)
                    + " `openssl rand -hex 32`.");
          }
        });
    this.digest = secret.map(ServiceGuard::digest);
    this.loopback = loopback;
  }

  Handler<RoutingContext> guard(Handler<RoutingContext> handler) {
    return context -> {
      if (admits(context)) {
        handler.handle(context);
      } else {
        Replies.fail(
            context.response(),
            401,
            "invalid_service_key",
            "This route is for services of the platform: send %s as deepseek.cache.service-key has it."
                .formatted(HEADER));
      }
    };
  }

  private boolean admits(RoutingContext context) {
    List<String> keys = context.request().headers().getAll(HEADER);
    if (digest.isPresent() && keys.size() == 1) {
      return MessageDigest.isEqual(digest.get(), digest(keys.getFirst()));
    }
    // A proxy on the same machine passes on what strangers send: it says so, and is no service.
    return loopback
        && keys.isEmpty()
        && !context.request().headers().contains("x-forwarded-for")
        && !context.request().headers().contains("forwarded")
        && isLoopback(context.request().connection().remoteAddress().hostAddress());
  }

  private static boolean isLoopback(String host) {
    int zone = host.indexOf('%');
    return InetAddress.ofLiteral(zone < 0 ? host : host.substring(0, zone)).isLoopbackAddress();
  }

  private static byte[] digest(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}
