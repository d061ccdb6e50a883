package platform.deepseek.auth.identity;

import java.time.Instant;
import java.util.Optional;

/**
 * How somebody with a token proved who they are, as their identity provider says it.
 *
 * @param acr the authentication context class reference (OpenID Connect Core 2, RFC 9470)
 * @param authenticatedAt when they logged in: the claim {@code auth_time}
 * @param secondFactor whether the administration of the issuer lists this acr among those that
 *     count as a second factor; who needs a fresh one has to look at {@code authenticatedAt} too
 */
public record Assurance(
    Optional<String> acr, Optional<Instant> authenticatedAt, boolean secondFactor) {

  /** That of API keys, and of tokens made from them: they say nothing about a person's login. */
  public static final Assurance NONE = new Assurance(Optional.empty(), Optional.empty(), false);
}
