package platform.deepseek.auth.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import platform.deepseek.auth.credential.ApiKey;
import platform.deepseek.auth.credential.Scope;
import platform.deepseek.auth.decision.Decision;
import platform.deepseek.auth.identity.Credentials;
import platform.deepseek.auth.identity.Identity;
import platform.deepseek.auth.identity.Verdict;
import platform.deepseek.auth.token.BearerTokens;
import platform.deepseek.auth.token.grant.AccessTokens;
import platform.deepseek.auth.token.jose.SignedToken;

/**
 * {@code POST /oauth2/introspect} (RFC 7662): what a key or token is worth at this moment. Services
 * of the platform may ask about all; others, with a credential of their own, about those of their
 * tenant, and learn of any other only that it is not active.
 */
final class IntrospectionRoute implements Handler<RoutingContext> {

  private static final List<String> PASSED_ON =
      List.of("iss", "aud", "exp", "iat", "nbf", "jti", "acr", "auth_time");

  private final ServiceGuard guard;
  private final OAuthGate gate;
  private final Credentials credentials;
  private final BearerTokens tokens;

  IntrospectionRoute(
      ServiceGuard guard, OAuthGate gate, Credentials credentials, BearerTokens tokens) {
    this.guard = guard;
    this.gate = gate;
    this.credentials = credentials;
    this.tokens = tokens;
  }

  @Override
  public void handle(RoutingContext context) {
    FormBody.read(context, form -> introspect(context, form.required("token")));
  }

  private void introspect(RoutingContext context, String token) {
    String own = ShownCredential.in(context.request().headers()).orElse("");
    if (own.isEmpty()) {
      if (!guard.admits(context)) {
        throw new OAuthFailure(
            OAuthFailure.Code.INVALID_CLIENT,
            "Send one credential of the token's tenant: Authorization: Bearer YOUR_KEY.");
      }
      answer(context, token, Optional.empty());
      return;
    }
    Completion.of(
        context,
        gate.decide(context, own),
        decision -> {
          switch (decision) {
            case Decision.Allow allow ->
                answer(context, token, Optional.of(allow.identity().tenant()));
            case Decision.Deny denial ->
                OAuthGate.failure(denial, OAuthFailure.Code.INVALID_CLIENT)
                    .tell(context.response());
          }
        });
  }

  /**
   * @param tenant of who asks; empty for services
   */
  private void answer(RoutingContext context, String token, Optional<String> tenant) {
    CompletableFuture<Verdict> verdict =
        token.startsWith(ApiKey.PREFIX)
            ? credentials.authenticate(token)
            : tokens.verifyForAll(token);
    Completion.of(
        context,
        verdict,
        found -> {
          if (found instanceof Verdict.Unknowable(String why)) {
            new OAuthFailure(OAuthFailure.Code.TEMPORARILY_UNAVAILABLE, why)
                .tell(context.response());
            return;
          }
          ObjectNode reply = JsonBody.MAPPER.createObjectNode();
          if (found instanceof Verdict.Known(Identity identity)
              && tenant.map(identity.tenant()::equals).orElse(true)) {
            describe(reply.put("active", true), identity, token);
          } else {
            reply.put("active", false);
          }
          Replies.send(context.response().putHeader("cache-control", "no-store"), 200, reply);
        });
  }

  private static void describe(ObjectNode reply, Identity identity, String token) {
    reply
        .put("token_type", "Bearer")
        .put("client_id", identity.credential())
        .put("sub", identity.user().orElse(identity.credential()))
        .put("scope", scope(identity))
        .put("tenant", identity.tenant())
        .put("role", identity.role().label());
    if (SignedToken.looksLike(token)) {
      ObjectNode claims = SignedToken.parse(token).claims().json();
      for (String name : PASSED_ON) {
        JsonNode value = claims.get(name);
        if (value != null) {
          reply.set(name, value);
        }
      }
    }
  }

  private static String scope(Identity identity) {
    return AccessTokens.text(identity.restrictions().scopes().orElse(EnumSet.allOf(Scope.class)));
  }
}
