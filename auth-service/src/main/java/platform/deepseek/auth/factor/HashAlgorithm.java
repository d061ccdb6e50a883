package platform.deepseek.auth.factor;

import com.eatthepath.otp.TimeBasedOneTimePasswordGenerator;
import java.util.Optional;
import java.util.stream.Stream;

/** The hash under a one-time password, RFC 6238 section 1.2; apps all know SHA-1. */
public enum HashAlgorithm {
  SHA1(TimeBasedOneTimePasswordGenerator.TOTP_ALGORITHM_HMAC_SHA1, 20),
  SHA256(TimeBasedOneTimePasswordGenerator.TOTP_ALGORITHM_HMAC_SHA256, 32),
  SHA512(TimeBasedOneTimePasswordGenerator.TOTP_ALGORITHM_HMAC_SHA512, 64);

  private final String mac;
  private final int secretBytes;

  HashAlgorithm(String mac, int secretBytes) {
    this.mac = mac;
    this.secretBytes = secretBytes;
  }

  String mac() {
    return mac;
  }

  /** As many as the hash has, RFC 6238 section 5.1 and RFC 4226 section 4. */
  int secretBytes() {
    return secretBytes;
  }

  /** The one of that name, such as SHA256. */
  public static Optional<HashAlgorithm> of(String name) {
    return Stream.of(values()).filter(algorithm -> algorithm.name().equals(name)).findFirst();
  }
}
