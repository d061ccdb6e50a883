package platform.deepseek.inference.api.account;

import io.vertx.ext.web.RoutingContext;

/**
 * Who asks, known by the digest of the credential: what one caller left here no other may read.
 *
 * @param digest of the credential, in hexadecimal
 */
public record Caller(String digest) {

  private static final String KEY = Caller.class.getName();

  /** Says who sent a request; done where its credential is checked. */
  public void sent(RoutingContext request) {
    request.put(KEY, this);
  }

  /** Who sent a request that was let in. */
  public static Caller of(RoutingContext request) {
    Caller caller = request.get(KEY);
    if (caller == null) {
      throw new IllegalStateException("nobody checked who sent this request");
    }
    return caller;
  }
}
