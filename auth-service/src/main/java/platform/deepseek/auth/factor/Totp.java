package platform.deepseek.auth.factor;

import com.eatthepath.otp.TimeBasedOneTimePasswordGenerator;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.OptionalLong;
import javax.crypto.spec.SecretKeySpec;

/**
 * Time-based one-time passwords, RFC 6238: the step is 30 seconds, counted from 1970.
 *
 * @param digits of a code, 6 to 8
 */
public record Totp(HashAlgorithm algorithm, int digits) {

  /** What every authenticator app makes. */
  public static final Totp USUAL = new Totp(HashAlgorithm.SHA1, 6);

  static final Duration STEP = Duration.ofSeconds(30);

  private static final int FEWEST_DIGITS = 6;
  private static final int MOST_DIGITS = 8;
  private static final int DRIFT = 1; // steps that a clock may be off, either way

  public Totp {
    if (digits < FEWEST_DIGITS || digits > MOST_DIGITS) {
      throw new IllegalArgumentException(
          "a one-time password has %d to %d digits, not %d"
              .formatted(FEWEST_DIGITS, MOST_DIGITS, digits));
    }
  }

  static long stepAt(Instant time) {
    return Math.floorDiv(time.getEpochSecond(), STEP.toSeconds());
  }

  /** The code of one step. */
  String code(byte[] secret, long step) {
    try {
      return new TimeBasedOneTimePasswordGenerator(STEP, digits, algorithm.mac())
          .generateOneTimePasswordString(
              new SecretKeySpec(secret, algorithm.mac()),
              Instant.ofEpochSecond(Math.multiplyExact(step, STEP.toSeconds())),
              Locale.ROOT);
    } catch (InvalidKeyException e) {
      throw new IllegalArgumentException("the secret is no key for " + algorithm.mac(), e);
    }
  }

  /**
   * The step whose code was shown: this one, the one before or the one after. All three are
   * compared, each in constant time, so that the time tells nothing.
   */
  OptionalLong match(byte[] secret, String shown, Instant now) {
    byte[] digits = shown.getBytes(StandardCharsets.UTF_8);
    OptionalLong found = OptionalLong.empty();
    long current = stepAt(now);
    for (long step = current - DRIFT; step <= current + DRIFT; step++) {
      byte[] expected = code(secret, step).getBytes(StandardCharsets.UTF_8);
      if (MessageDigest.isEqual(expected, digits)) {
        found = OptionalLong.of(step);
      }
    }
    return found;
  }
}
