package platform.deepseek.auth.credential;

import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;

/** Keys that nobody issued. */
public final class ApiKeys {

  private ApiKeys() {}

  /** A well-formed key with the public part of one and the secret of another. */
  public static String withSecretOf(String key, String other) {
    String[] parts = key.split("_", -1);
    String body = parts[0] + "_" + parts[1] + "_" + other.split("_", -1)[2];
    CRC32 crc = new CRC32();
    crc.update(body.getBytes(StandardCharsets.US_ASCII));
    String made = body + "_" + Base62.encode(crc.getValue(), 6);
    return ApiKey.parse(made).orElseThrow().reveal();
  }
}
