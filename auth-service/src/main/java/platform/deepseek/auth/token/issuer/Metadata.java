package platform.deepseek.auth.token.issuer;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.util.Optional;

/**
 * What an issuer publishes of itself (OpenID Connect Discovery 1.0, RFC 8414).
 *
 * @param keys {@code jwks_uri}
 * @param introspection {@code introspection_endpoint}
 */
record Metadata(URI keys, Optional<URI> introspection) {

  private static final String OPENID = "/.well-known/openid-configuration";
  private static final String OAUTH = "/.well-known/oauth-authorization-server";

  /** From the address behind the issuer's; where there is none, from RFC 8414's before its path. */
  static Metadata discover(IssuerHttp http, String issuer) {
    String base = issuer.endsWith("/") ? issuer.substring(0, issuer.length() - 1) : issuer;
    URI address = URI.create(base);
    String origin = base.substring(0, base.length() - address.getRawPath().length());
    ObjectNode json =
        http.get(URI.create(base + OPENID))
            .or(() -> http.get(URI.create(origin + OAUTH + address.getRawPath())))
            .orElseThrow(() -> new IssuerUnavailable(issuer + " publishes no metadata"));
    if (!issuer.equals(json.path("issuer").textValue())) {
      throw new IssuerUnavailable(
          "the metadata of %s is that of '%s'".formatted(issuer, json.path("issuer").asText()));
    }
    return new Metadata(
        address(json, "jwks_uri")
            .orElseThrow(() -> new IssuerUnavailable(issuer + " publishes no jwks_uri")),
        address(json, "introspection_endpoint"));
  }

  private static Optional<URI> address(ObjectNode json, String name) {
    try {
      return Optional.ofNullable(json.path(name).textValue()).map(URI::create);
    } catch (IllegalArgumentException e) {
      throw new IssuerUnavailable("its %s is no address".formatted(name), e);
    }
  }
}
