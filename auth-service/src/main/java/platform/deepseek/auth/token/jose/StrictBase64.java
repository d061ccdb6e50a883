package platform.deepseek.auth.token.jose;

import java.util.Base64;

/** Base 64 as RFC 7515 section 2 writes it: no padding, no line breaks, one text for each value. */
final class StrictBase64 {

  private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();

  private StrictBase64() {}

  static byte[] decode(String text) {
    try {
      byte[] bytes = Base64.getUrlDecoder().decode(text);
      // The last digit may hold bits of no byte, which could be anything, and padding is taken.
      if (ENCODER.encodeToString(bytes).equals(text)) {
        return bytes;
      }
    } catch (IllegalArgumentException e) { // other characters
      throw new RefusedToken(TokenFault.MALFORMED);
    }
    throw new RefusedToken(TokenFault.MALFORMED);
  }
}
