package platform.deepseek.auth.http;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.stream.Stream;
import platform.deepseek.auth.credential.Scope;
import platform.deepseek.auth.identity.Credentials;
import platform.deepseek.auth.token.BearerTokens;
import platform.deepseek.auth.token.grant.AccessTokens;

/** The routes of the authorization server, and what it publishes of itself (RFC 8414). */
public final class AuthorizationServer {

  static final String METADATA = "/.well-known/oauth-authorization-server";
  static final String KEYS = "/oauth2/jwks";
  static final String TOKEN = "/oauth2/token";
  static final String INTROSPECTION = "/oauth2/introspect";
  static final String REVOCATION = "/oauth2/revoke";

  /** Less than any time by which a key is public before it signs. */
  private static final String KEEP = "public, max-age=60";

  @JsonPropertyOrder({"issuer", "token_endpoint", "jwks_uri"})
  private record Metadata(
      String issuer,
      @JsonProperty("token_endpoint") String token,
      @JsonProperty("jwks_uri") String keys,
      @JsonProperty("introspection_endpoint") String introspection,
      @JsonProperty("revocation_endpoint") String revocation,
      @JsonProperty("grant_types_supported") List<String> grants,
      @JsonProperty("response_types_supported") List<String> responses,
      @JsonProperty("token_endpoint_auth_methods_supported") List<String> authentication,
      @JsonProperty("revocation_endpoint_auth_methods_supported") List<String> forRevocation,
      @JsonProperty("scopes_supported") List<String> scopes) {}

  private final ServiceGuard guard;
  private final OAuthGate gate;
  private final Credentials credentials;
  private final BearerTokens bearers;
  private final AccessTokens tokens;

  public AuthorizationServer(
      ServiceGuard guard,
      OAuthGate gate,
      Credentials credentials,
      BearerTokens bearers,
      AccessTokens tokens) {
    this.guard = guard;
    this.gate = gate;
    this.credentials = credentials;
    this.bearers = bearers;
    this.tokens = tokens;
  }

  Handler<RoutingContext> metadata() {
    String issuer = tokens.settings().issuer();
    Metadata metadata =
        new Metadata(
            issuer,
            issuer + TOKEN,
            issuer + KEYS,
            issuer + INTROSPECTION,
            issuer + REVOCATION,
            List.of(TokenRoute.GRANT),
            List.of(), // there is no authorization endpoint
            List.of("none"), // the key that is exchanged is the proof
            List.of("none"),
            Stream.of(Scope.values()).map(Scope::label).toList());
    return context ->
        Replies.send(context.response().putHeader("cache-control", KEEP), 200, metadata);
  }

  Handler<RoutingContext> keys() {
    return context ->
        Completion.of(
            context,
            tokens.published(),
            keys ->
                context
                    .response()
                    .putHeader("cache-control", KEEP)
                    .putHeader("content-type", "application/jwk-set+json")
                    .end(Buffer.buffer("{\"keys\":[" + String.join(",", keys) + "]}")));
  }

  Handler<RoutingContext> token() {
    return new TokenRoute(gate, tokens);
  }

  Handler<RoutingContext> introspection() {
    return new IntrospectionRoute(guard, gate, credentials, bearers);
  }

  Handler<RoutingContext> revocation() {
    return new RevocationRoute(bearers);
  }
}
