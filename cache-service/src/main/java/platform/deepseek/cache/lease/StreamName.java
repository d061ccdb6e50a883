package platform.deepseek.cache.lease;

import java.security.SecureRandom;
import java.util.HexFormat;

/** The name of a live stream: 128 random bits. */
public final class StreamName {

  private static final SecureRandom RANDOM = new SecureRandom();

  private StreamName() {}

  static String fresh() {
    byte[] bytes = new byte[16];
    RANDOM.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  public static boolean isOne(String text) {
    return text.length() == 32
        && text.chars().allMatch(c -> c >= '0' && c <= '9' || c >= 'a' && c <= 'f');
  }
}
