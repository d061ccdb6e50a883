package platform.deepseek.cache.crypto;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** Which cipher seals what is kept. What the other one sealed can still be read. */
public enum CryptoProfile {
  /** AES-256-GCM, by the JDK and the processor's instructions. */
  STANDARD("standard", 1, 32),
  /** SM4-GCM (GB/T 32907), by Bouncy Castle. */
  SM("sm", 2, 16);

  private final String label;
  private final int code;
  private final int keyBytes;

  CryptoProfile(String label, int code, int keyBytes) {
    this.label = label;
    this.code = code;
    this.keyBytes = keyBytes;
  }

  /** As deepseek.crypto.profile has it. */
  public static CryptoProfile of(String label) {
    return Arrays.stream(values())
        .filter(profile -> profile.label.equals(label))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "deepseek.crypto.profile is %s, not '%s'."
                        .formatted(
                            Arrays.stream(values())
                                .map(profile -> profile.label)
                                .collect(Collectors.joining(" or ")),
                            label)));
  }

  /** The number in the header of what it sealed. */
  public static Optional<CryptoProfile> of(int code) {
    return Arrays.stream(values()).filter(profile -> profile.code == code).findFirst();
  }

  public int code() {
    return code;
  }

  int keyBytes() {
    return keyBytes;
  }
}
