package platform.deepseek.auth.token.jose;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * A JWT in the compact serialization of a JWS (RFC 7515 section 7.1), taken apart and not yet
 * believed.
 *
 * <p>Everything that has more than one reading is refused here, before any library looks at it:
 * other parsers would take the same text for something else. So is whatever would let a token say
 * by which key it is to be checked, and {@code crit}, of which nothing is understood here (RFC 7515
 * section 4.1.11). Attacks this answers: RFC 8725 sections 2 and 3.
 *
 * @param text of the whole token
 * @param algorithm {@code alg}; anything
 * @param key {@code kid}
 * @param type {@code typ} in lower case without {@code application/}; empty when there is none
 * @param signature its bytes
 */
public record SignedToken(
    String text,
    String algorithm,
    Optional<String> key,
    String type,
    Claims claims,
    byte[] signature) {

  /** More than any issuer here makes, and less than what a header may have. */
  public static final int LONGEST = 16_384;

  private static final int LONGEST_KEY = 256;

  /** The second digits of all that begins with a brace. */
  private static final String AFTER_BRACE = "wxyz0123456789-_";

  private static final Set<String> NEVER_READ =
      Set.of("crit", "jwk", "jku", "x5u", "x5c", "b64", "zip", "enc");

  /** Whether the text claims to be a JWT or a JWE: it begins as every JSON object does. */
  public static boolean looksLike(String text) {
    return text.indexOf('.') > 1
        && text.charAt(0) == 'e'
        && AFTER_BRACE.indexOf(text.charAt(1)) >= 0;
  }

  /**
   * @throws RefusedToken when it is no such thing
   */
  public static SignedToken parse(String text) {
    if (text.length() > LONGEST) {
      throw new RefusedToken(TokenFault.TOO_LONG);
    }
    List<String> parts = List.of(text.split("\\.", -1));
    if (parts.size() == 5) {
      throw new RefusedToken(TokenFault.ENCRYPTED);
    }
    if (parts.size() != 3) {
      throw new RefusedToken(TokenFault.MALFORMED);
    }
    ObjectNode header = StrictJson.object(StrictBase64.decode(parts.get(0)));
    if (NEVER_READ.stream().anyMatch(header::has)) {
      throw new RefusedToken(header.has("enc") ? TokenFault.ENCRYPTED : TokenFault.HEADER);
    }
    Optional<String> key = text(header, "kid");
    if (key.isPresent() && key.get().length() > LONGEST_KEY) {
      throw new RefusedToken(TokenFault.HEADER);
    }
    return new SignedToken(
        text,
        text(header, "alg").orElseThrow(() -> new RefusedToken(TokenFault.ALGORITHM)),
        key,
        type(text(header, "typ").orElse("")),
        new Claims(StrictJson.object(StrictBase64.decode(parts.get(1)))),
        StrictBase64.decode(parts.get(2)));
  }

  /** What the signature is made of. */
  public byte[] signed() {
    return text.substring(0, text.lastIndexOf('.')).getBytes(StandardCharsets.US_ASCII);
  }

  private static Optional<String> text(ObjectNode header, String name) {
    JsonNode value = header.get(name);
    if (value != null && !value.isTextual()) {
      throw new RefusedToken(TokenFault.HEADER);
    }
    return Optional.ofNullable(value).map(JsonNode::textValue);
  }

  private static String type(String type) {
    String folded = type.toLowerCase(Locale.ROOT);
    return folded.startsWith("application/") ? folded.substring("application/".length()) : folded;
  }
}
