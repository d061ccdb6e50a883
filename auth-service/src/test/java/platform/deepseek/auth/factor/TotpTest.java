package platform.deepseek.auth.factor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class TotpTest {

  private static final String DIGITS = "1234567890".repeat(7);

  /** The seeds of RFC 6238 appendix B: as many digits as the hash has bytes. */
  private static byte[] seed(HashAlgorithm algorithm) {
    return DIGITS.substring(0, algorithm.secretBytes()).getBytes(StandardCharsets.US_ASCII);
  }

  /** RFC 6238 appendix B. */
  @ParameterizedTest
  @CsvSource({
    "59, 94287082, 46119246, 90693936",
    "1111111109, 07081804, 68084774, 25091201",
    "1111111111, 14050471, 67062674, 99943326",
    "1234567890, 89005924, 91819424, 93441116",
    "2000000000, 69279037, 90698825, 38618901",
    "20000000000, 65353130, 77737706, 47863826"
  })
  void theCodesOfTheRfcComeOut(long time, String sha1, String sha256, String sha512) {
    long step = Totp.stepAt(Instant.ofEpochSecond(time));
    assertThat(new Totp(HashAlgorithm.SHA1, 8).code(seed(HashAlgorithm.SHA1), step))
        .isEqualTo(sha1);
    assertThat(new Totp(HashAlgorithm.SHA256, 8).code(seed(HashAlgorithm.SHA256), step))
        .isEqualTo(sha256);
    assertThat(new Totp(HashAlgorithm.SHA512, 8).code(seed(HashAlgorithm.SHA512), step))
        .isEqualTo(sha512);
    assertThat(Totp.USUAL.code(seed(HashAlgorithm.SHA1), step)).isEqualTo(sha1.substring(2));
  }

  @Test
  void aCodeIsTakenOneStepEarlyAndOneLateAndNoMore() {
    byte[] secret = seed(HashAlgorithm.SHA1);
    long step = 41_152_263;
    String code = Totp.USUAL.code(secret, step);
    for (long off = -3; off <= 3; off++) {
      Instant now = Instant.ofEpochSecond((step + off) * 30 + 29);
      assertThat(Totp.USUAL.match(secret, code, now))
          .as("%d steps off", off)
          .isEqualTo(Math.abs(off) <= 1 ? OptionalLong.of(step) : OptionalLong.empty());
    }
  }

  @ParameterizedTest
  @CsvSource({"''", "28708", "2870820", "94287082", "２８７０８２", "-28708", "287 082"})
  void whatIsNotTheCodeDigitByDigitIsNone(String shown) {
    assertThat(Totp.USUAL.match(seed(HashAlgorithm.SHA1), shown, Instant.ofEpochSecond(59)))
        .isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void aSecretIsReadBackAsItWasWritten(HashAlgorithm algorithm) {
    TotpSecret secret = TotpSecret.create(new Totp(algorithm, 8));
    assertThat(TotpSecret.decode(secret.encode())).isEqualTo(secret);
    assertThat(secret.bytes()).hasSize(algorithm.secretBytes());
    assertThat(TotpSecret.create(secret.totp())).isNotEqualTo(secret);
    assertThat(secret.toString()).doesNotContain(secret.base32());
  }

  /** RFC 4648 section 10, without padding. */
  @ParameterizedTest
  @CsvSource({
    "'', ''",
    "f, MY",
    "fo, MZXQ",
    "foo, MZXW6",
    "foob, MZXW6YQ",
    "fooba, MZXW6YTB",
    "foobar, MZXW6YTBOI"
  })
  void theAlphabetIsThatOfTheRfc(String text, String base32) {
    assertThat(new TotpSecret(Totp.USUAL, text.getBytes(StandardCharsets.US_ASCII)).base32())
        .isEqualTo(base32);
  }

  @Test
  void anAppIsToldAllThatItNeeds() {
    assertThat(
            new TotpSecret(new Totp(HashAlgorithm.SHA256, 8), seed(HashAlgorithm.SHA256))
                .uri("DeepSeek & co", "ann@acme"))
        .isEqualTo(
            "otpauth://totp/DeepSeek%20%26%20co:ann%40acme"
                + "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZA"
                + "&issuer=DeepSeek%20%26%20co&algorithm=SHA256&digits=8&period=30");
  }

  @Test
  void codesHaveSixToEightDigits() {
    assertThatThrownBy(() -> new Totp(HashAlgorithm.SHA1, 5)).hasMessageContaining("not 5");
    assertThatThrownBy(() -> new Totp(HashAlgorithm.SHA1, 9)).hasMessageContaining("not 9");
  }
}
