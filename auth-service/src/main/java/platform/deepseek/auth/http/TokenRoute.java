package platform.deepseek.auth.http;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import platform.deepseek.auth.credential.ApiKey;
import platform.deepseek.auth.credential.Scope;
import platform.deepseek.auth.decision.Decision;
import platform.deepseek.auth.identity.Identity;
import platform.deepseek.auth.token.grant.AccessTokens;

/**
 * {@code POST /oauth2/token}: token exchange (RFC 8693) of an API key for a short JWT (RFC 9068),
 * for the whole of what the key may do or for less of it.
 */
final class TokenRoute implements Handler<RoutingContext> {

  static final String GRANT = "urn:ietf:params:oauth:grant-type:token-exchange";
  private static final String ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";
  private static final String JWT = "urn:ietf:params:oauth:token-type:jwt";

  @JsonPropertyOrder({"access_token", "issued_token_type", "token_type", "expires_in", "scope"})
  private record Reply(
      @JsonProperty("access_token") String token,
      @JsonProperty("issued_token_type") String issuedType,
      @JsonProperty("token_type") String type,
      @JsonProperty("expires_in") long expiresIn,
      String scope) {}

  private record Asked(Optional<Set<Scope>> scopes, String audience, String issuedType) {}

  private final OAuthGate gate;
  private final AccessTokens tokens;

  TokenRoute(OAuthGate gate, AccessTokens tokens) {
    this.gate = gate;
    this.tokens = tokens;
  }

  @Override
  public void handle(RoutingContext context) {
    FormBody.read(context, form -> exchange(context, form));
  }

  private void exchange(RoutingContext context, FormBody form) {
    if (!form.required("grant_type").equals(GRANT)) {
      throw new OAuthFailure(
          OAuthFailure.Code.UNSUPPORTED_GRANT_TYPE, "The only grant_type here is " + GRANT + ".");
    }
    String key = form.required("subject_token");
    if (!form.required("subject_token_type").equals(ACCESS_TOKEN)
        || !key.startsWith(ApiKey.PREFIX)) {
      throw OAuthFailure.request(
          "The subject_token has to be an API key, and its type %s.".formatted(ACCESS_TOKEN));
    }
    if (form.optional("actor_token").isPresent()) {
      throw OAuthFailure.request("Nobody acts for another here: send no actor_token.");
    }
    Asked asked = asked(form);
    Completion.of(
        context,
        gate.decide(context, key),
        decision -> {
          switch (decision) {
            case Decision.Allow allow -> issue(context, allow.identity(), asked);
            case Decision.Deny denial ->
                OAuthGate.failure(denial, OAuthFailure.Code.INVALID_REQUEST)
                    .tell(context.response());
          }
        });
  }

  private Asked asked(FormBody form) {
    String issued = form.optional("requested_token_type").orElse(ACCESS_TOKEN);
    if (!issued.equals(ACCESS_TOKEN) && !issued.equals(JWT)) {
      throw OAuthFailure.request(
          "A requested_token_type is %s or %s.".formatted(ACCESS_TOKEN, JWT));
    }
    String audience =
        form.optional("audience")
            .or(() -> form.optional("resource"))
            .orElse(tokens.settings().audience());
    if (!tokens.settings().audiences().contains(audience)) {
      throw new OAuthFailure(
          OAuthFailure.Code.INVALID_TARGET,
          "No tokens are made for this audience; those that there are: %s."
              .formatted(String.join(" ", tokens.settings().audiences())));
    }
    return new Asked(form.optional("scope").map(TokenRoute::scopes), audience, issued);
  }

  private static Set<Scope> scopes(String text) {
    Set<Scope> scopes = new LinkedHashSet<>();
    for (String label : text.split(" ", -1)) {
      scopes.add(
          Scope.of(label)
              .orElseThrow(
                  () ->
                      new OAuthFailure(
                          OAuthFailure.Code.INVALID_SCOPE,
                          "A scope is one of %s."
                              .formatted(AccessTokens.text(EnumSet.allOf(Scope.class))))));
    }
    return scopes;
  }

  private void issue(RoutingContext context, Identity identity, Asked asked) {
    Set<Scope> all = identity.restrictions().scopes().orElse(EnumSet.allOf(Scope.class));
    Set<Scope> scopes = asked.scopes().orElse(all);
    if (!all.containsAll(scopes)) {
      new OAuthFailure(
              OAuthFailure.Code.INVALID_SCOPE,
              "The key has the scopes %s.".formatted(AccessTokens.text(all)))
          .tell(context.response());
      return;
    }
    Completion.of(
        context,
        tokens.issue(identity, scopes, asked.audience()),
        token ->
            Replies.send(
                context.response().putHeader("cache-control", "no-store"),
                200,
                new Reply(
                    token,
                    asked.issuedType(),
                    "Bearer",
                    tokens.settings().lifetime().toSeconds(),
                    AccessTokens.text(scopes))));
  }
}
