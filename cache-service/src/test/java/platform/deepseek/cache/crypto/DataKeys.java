package platform.deepseek.cache.crypto;

import java.util.Arrays;

/** Keys for tests. */
public final class DataKeys {

  private DataKeys() {}

  /**
   * @param number different ones are different keys
   */
  public static DataKey of(CryptoProfile profile, int number) {
    byte[] bytes = new byte[profile.keyBytes()];
    Arrays.fill(bytes, (byte) number);
    return new DataKey(profile, bytes);
  }
}
