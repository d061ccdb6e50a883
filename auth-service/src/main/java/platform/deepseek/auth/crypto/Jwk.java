package platform.deepseek.auth.crypto;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * A key as RFC 7517 writes it.
 *
 * @param x 32 bytes
 * @param y 32 bytes; none on Ed25519
 * @param d the private part, 32 bytes; none in a public key
 */
record Jwk(SignatureAlgorithm algorithm, byte[] x, byte[] y, byte[] d) {

  static final byte[] NONE = {};
  private static final int BYTES = 32;
  private static final ObjectMapper JSON = new ObjectMapper();

  Jwk {
    requireLength("x", x, BYTES);
    requireLength("y", y, algorithm == SignatureAlgorithm.EDDSA ? 0 : BYTES);
    if (d.length > 0) {
      requireLength("d", d, BYTES);
    }
  }

  private static void requireLength(String name, byte[] value, int length) {
    if (value.length != length) {
      throw new IllegalArgumentException(
          "the key's %s has %d bytes, not %d".formatted(name, value.length, length));
    }
  }

  /**
   * @throws IllegalArgumentException when it is no key of an algorithm that is known here
   */
  static Jwk parse(String text) {
    try {
      JsonNode json = JSON.readTree(text);
      return new Jwk(
          SignatureAlgorithm.onCurve(json.path("kty").asText(), json.path("crv").asText()),
          bytes(json, "x"),
          bytes(json, "y"),
          bytes(json, "d"));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("the key is not JSON", e);
    }
  }

  private static byte[] bytes(JsonNode json, String name) {
    return json.has(name) ? Base64.getUrlDecoder().decode(json.get(name).asText()) : NONE;
  }

  boolean isPrivate() {
    return d.length > 0;
  }

  Jwk withoutPrivatePart() {
    return new Jwk(algorithm, x, y, NONE);
  }

  /** RFC 7638, with SHA-256: the name of the key follows from the key. */
  String thumbprint() {
    ObjectNode json = JSON.createObjectNode();
    json.put("crv", algorithm.curve()).put("kty", algorithm.keyType()).put("x", text(x));
    if (y.length > 0) {
      json.put("y", text(y));
    }
    return text(Digest.SHA_256.of(json.toString().getBytes(StandardCharsets.UTF_8)));
  }

  /** With {@code kid}, {@code alg} and {@code use}, and the private part where there is one. */
  String json() {
    ObjectNode json = JSON.createObjectNode();
    json.put("kty", algorithm.keyType()).put("crv", algorithm.curve()).put("x", text(x));
    if (y.length > 0) {
      json.put("y", text(y));
    }
    if (d.length > 0) {
      json.put("d", text(d));
    }
    json.put("kid", thumbprint()).put("alg", algorithm.label()).put("use", "sig");
    return json.toString();
  }

  private static String text(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
