package platform.deepseek.auth.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static platform.deepseek.auth.crypto.Vectors.bytes;

import java.util.Arrays;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What attackers send: Project Wycheproof's vectors (src/test/resources/wycheproof). */
class WycheproofTest {

  @Test
  void ed25519TakesValidSignaturesAndNoOthers() {
    SoftAssertions softly = new SoftAssertions();
    for (String[] line : Vectors.in("ed25519")) {
      Verifier key =
          Verifier.ofJwk("{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"%s\"}".formatted(line[1]));
      softly
          .assertThat(key.verify(bytes(line[2]), bytes(line[3])))
          .as("test %s", line[0])
          .isEqualTo(line[4].equals("valid"));
    }
    softly.assertAll();
  }

  @Test
  void es256TakesValidSignaturesAndNoOthers() {
    SoftAssertions softly = new SoftAssertions();
    for (String[] line : Vectors.in("ecdsa-p256")) {
      Verifier key =
          Verifier.ofJwk(
              "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\",\"y\":\"%s\"}"
                  .formatted(line[1], line[2]));
      softly
          .assertThat(key.verify(bytes(line[3]), bytes(line[4])))
          .as("test %s", line[0])
          .isEqualTo(line[5].equals("valid"));
    }
    softly.assertAll();
  }

  @ParameterizedTest
  @CsvSource({"AES_256_GCM, aes-256-gcm", "SM4_GCM, sm4-gcm"})
  void gcmSealsAsItShouldAndOpensNothingElse(SealingCipher cipher, String file) {
    SoftAssertions softly = new SoftAssertions();
    for (String[] line : Vectors.in(file)) {
      byte[] key = bytes(line[1]);
      byte[] nonce = bytes(line[2]);
      byte[] associated = bytes(line[3]);
      byte[] sealed = Vectors.joined(bytes(line[5]), bytes(line[6]));
      if (line[7].equals("valid")) {
        softly
            .assertThat(cipher.encrypt(key, nonce, associated, bytes(line[4])))
            .as("test %s", line[0])
            .isEqualTo(sealed);
        softly
            .assertThat(cipher.decrypt(key, nonce, associated, sealed))
            .as("test %s", line[0])
            .isEqualTo(bytes(line[4]));
      } else {
        softly
            .assertThatThrownBy(() -> cipher.decrypt(key, nonce, associated, sealed))
            .as("test %s", line[0])
            .isInstanceOf(CannotOpen.class);
      }
    }
    softly.assertAll();
  }

  @Test
  void hmacOfSm3IsWhatItShouldBe() {
    for (String[] line : Vectors.in("hmac-sm3")) {
      assertThat(Arrays.equals(Digest.SM3.mac(bytes(line[1]), bytes(line[2])), bytes(line[3])))
          .as("test %s", line[0])
          .isEqualTo(line[4].equals("valid"));
    }
  }
}
