package platform.deepseek.auth.factor;

import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;

/** The app on an administrator's phone, as a test has it. */
public final class PhoneApp {

  private PhoneApp() {}

  /** The code that an app shows in a step after it scanned the address. */
  public static String code(String uri, long step) {
    Map<String, String> fields =
        Arrays.stream(uri.substring(uri.indexOf('?') + 1).split("&"))
            .map(field -> field.split("=", 2))
            .collect(Collectors.toMap(field -> field[0], field -> field[1]));
    return new Totp(
            HashAlgorithm.of(fields.get("algorithm")).orElseThrow(),
            Integer.parseInt(fields.get("digits")))
        .code(bytes(fields.get("secret")), step);
  }

  public static long currentStep() {
    return Totp.stepAt(Instant.now());
  }

  private static byte[] bytes(String base32) {
    byte[] bytes = new byte[base32.length() * 5 / 8];
    int buffer = 0;
    int bits = 0;
    int at = 0;
    for (char letter : base32.toCharArray()) {
      buffer = buffer << 5 | "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter);
      bits += 5;
      if (bits >= 8) {
        bits -= 8;
        bytes[at++] = (byte) (buffer >>> bits);
        buffer &= (1 << bits) - 1;
      }
    }
    return bytes;
  }
}
