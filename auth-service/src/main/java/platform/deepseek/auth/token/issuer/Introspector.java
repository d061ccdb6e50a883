package platform.deepseek.auth.token.issuer;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.concurrent.Semaphore;
import platform.deepseek.auth.token.jose.Claims;
import platform.deepseek.auth.token.jose.RefusedToken;
import platform.deepseek.auth.token.jose.TokenFault;

/**
 * Asks an issuer whether a token of its still holds (RFC 7662). Few questions are under way at
 * once: a flood of invented tokens must not become a flood at the issuer.
 */
final class Introspector {

  private static final int MOST_AT_ONCE = 32;

  private final IssuerHttp http;
  private final ClientSecrets secrets;
  private final Semaphore questions = new Semaphore(MOST_AT_ONCE);

  Introspector(IssuerHttp http, ClientSecrets secrets) {
    this.http = http;
    this.secrets = secrets;
  }

  /**
   * @return what the issuer says of it
   * @throws RefusedToken when it says that the token is not active
   * @throws IssuerUnavailable when it does not answer, or too many ask
   */
  Claims ask(URI endpoint, Issuer issuer, String token) {
    Issuer.Introspection how = issuer.introspection().orElseThrow();
    if (!questions.tryAcquire()) {
      throw new IssuerUnavailable("%d introspections are under way".formatted(MOST_AT_ONCE));
    }
    try {
      ObjectNode answer =
          http.post(
              endpoint,
              basic(how.client(), secrets.open(issuer.url(), how.sealedSecret())),
              "token_type_hint=access_token&token=" + encoded(token));
      if (!answer.path("active").isBoolean()) {
        throw new IssuerUnavailable(endpoint + " does not say whether the token is active");
      }
      if (!answer.path("active").booleanValue()
          || answer.has("iss") && !issuer.url().equals(answer.path("iss").textValue())) {
        throw new RefusedToken(TokenFault.INACTIVE);
      }
      return new Claims(answer);
    } finally {
      questions.release();
    }
  }

  /** RFC 6749 section 2.3.1. */
  private static String basic(String client, String secret) {
    String pair = encoded(client) + ":" + encoded(secret);
    return "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
