package platform.deepseek.inference.api.account;

import io.vertx.ext.web.RoutingContext;
import java.util.Optional;

/**
 * Who asks: what one caller left here no other may read.
 *
 * @param name the digest of the one key, or tenant and user as auth-service knows them
 */
public record Caller(String name) {

  private static final String KEY = Caller.class.getName();

  /** Says who sent a request; done where its credential is checked. */
  public void sent(RoutingContext request) {
    request.put(KEY, this);
  }

  /** Who sent a request that was let in. */
  public static Caller of(RoutingContext request) {
    return find(request)
        .orElseThrow(() -> new IllegalStateException("nobody checked who sent this request"));
  }

  /** The same; nothing when its route is not one that may be asked for. */
  public static Optional<Caller> find(RoutingContext request) {
    return Optional.ofNullable(request.get(KEY));
  }
}
