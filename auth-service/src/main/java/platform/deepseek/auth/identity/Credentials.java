package platform.deepseek.auth.identity;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import platform.deepseek.auth.credential.ApiKey;

/**
 * Whatever a request shows: an API key by its prefix, else a token. Neither ever tries the other.
 */
public final class Credentials {

  private static final int LONGEST = 16_384;

  private final Authenticator authenticator;
  private final TokenVerifier tokens;

  public Credentials(Authenticator authenticator, TokenVerifier tokens) {
    this.authenticator = authenticator;
    this.tokens = tokens;
  }

  /**
   * @return fails with StoreUnavailable when it cannot be known
   */
  public CompletableFuture<Verdict> authenticate(String credential) {
    if (credential.startsWith(ApiKey.PREFIX)) {
      Optional<ApiKey> key = ApiKey.parse(credential);
      return key.isPresent()
          ? authenticator.authenticate(key.get())
          : CompletableFuture.completedFuture(new Verdict.Unknown());
    }
    return credential.isEmpty() || credential.length() > LONGEST
        ? CompletableFuture.completedFuture(new Verdict.Unknown())
        : tokens.verify(credential);
  }
}
