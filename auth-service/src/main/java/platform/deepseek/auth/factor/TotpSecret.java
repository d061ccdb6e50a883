package platform.deepseek.auth.factor;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;

/**
 * What an authenticator app and we both know: random bytes and how codes are made of them.
 *
 * @param bytes as many as the hash has
 */
record TotpSecret(Totp totp, byte[] bytes) {

  private static final SecureRandom RANDOM = new SecureRandom();
  private static final String BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  private static final int HEADER = 2;

  static TotpSecret create(Totp totp) {
    byte[] bytes = new byte[totp.algorithm().secretBytes()];
    RANDOM.nextBytes(bytes);
    return new TotpSecret(totp, bytes);
  }

  /** To be sealed: hash, digits, secret. */
  byte[] encode() {
    byte[] text = Arrays.copyOf(new byte[] {number(), (byte) totp.digits()}, HEADER + bytes.length);
    System.arraycopy(bytes, 0, text, HEADER, bytes.length);
    return text;
  }

  static TotpSecret decode(byte[] text) {
    HashAlgorithm algorithm =
        switch (text[0]) {
          case 1 -> HashAlgorithm.SHA1;
          case 2 -> HashAlgorithm.SHA256;
          case 3 -> HashAlgorithm.SHA512;
          default -> throw new IllegalStateException("no hash has the number " + text[0]);
        };
    return new TotpSecret(
        new Totp(algorithm, text[1]), Arrays.copyOfRange(text, HEADER, text.length));
  }

  private byte number() {
    return switch (totp.algorithm()) {
      case SHA1 -> 1;
      case SHA256 -> 2;
      case SHA512 -> 3;
    };
  }

  /** In the alphabet of RFC 4648 section 6, without padding, as apps take it by hand. */
  String base32() {
    StringBuilder text = new StringBuilder();
    int buffer = 0;
    int bits = 0;
    for (byte one : bytes) {
      buffer = buffer << 8 | Byte.toUnsignedInt(one);
      bits += 8;
      while (bits >= 5) {
        bits -= 5;
        text.append(BASE32.charAt(buffer >>> bits & 31));
      }
      buffer &= (1 << bits) - 1;
    }
    return bits == 0 ? text.toString() : text.append(BASE32.charAt(buffer << 5 - bits)).toString();
  }

  /** As QR codes hold it: otpauth://totp/ISSUER:ACCOUNT?secret=... */
  String uri(String issuer, String account) {
    return "otpauth://totp/%s:%s?secret=%s&issuer=%s&algorithm=%s&digits=%d&period=%d"
        .formatted(
            encoded(issuer),
            encoded(account),
            base32(),
            encoded(issuer),
            totp.algorithm(),
            totp.digits(),
            Totp.STEP.toSeconds());
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TotpSecret(Totp otherTotp, byte[] otherBytes)
        && totp.equals(otherTotp)
        && Arrays.equals(bytes, otherBytes);
  }

  @Override
  public int hashCode() {
    return totp.hashCode();
  }

  /** Never the secret. */
  @Override
  public String toString() {
    return "TotpSecret[" + totp + "]";
  }
}
