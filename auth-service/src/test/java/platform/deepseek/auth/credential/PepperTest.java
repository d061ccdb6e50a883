package platform.deepseek.auth.credential;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import platform.deepseek.auth.crypto.Digest;

class PepperTest {

  private static final String HEX = "0b".repeat(32);

  @Test
  void theDigestIsHmacSha256OverPurposeAndText() {
    // Python: hmac.new(b"\x0b"*32, b"purpose\0text", "sha256").hexdigest()
    assertThat(HexFormat.of().formatHex(Pepper.of(HEX).mac("purpose", "text")))
        .isEqualTo("01a33ca57f364b233aab4edf5a67350363992d5c379cb8a2deffcc44184e4c9d");
  }

  @Test
  void inTheNationalProfileItIsHmacSm3() {
    // Python: hmac.new(b"\x0b"*32, b"purpose\0text", "sm3").hexdigest()
    assertThat(HexFormat.of().formatHex(Pepper.of(HEX).under(Digest.SM3).mac("purpose", "text")))
        .isEqualTo("aef4cd72272466b6b5d73498249a0c92f9b990c149643ff6b705e8c0c74cc7bb");
  }

  @Test
  void anotherPepperOrPurposeOrKeyGivesAnotherDigest() {
    ApiKey key = ApiKey.create("live");
    byte[] digest = Pepper.of(HEX).digest(key);
    assertThat(Pepper.equal(digest, Pepper.of(HEX).digest(key))).isTrue();
    assertThat(Pepper.equal(digest, Pepper.of("0c".repeat(32)).digest(key))).isFalse();
    assertThat(Pepper.equal(digest, Pepper.of(HEX).digest(ApiKey.create("live")))).isFalse();
    assertThat(Pepper.equal(digest, Pepper.of(HEX).mac("other", key.reveal()))).isFalse();
  }

  @Test
  void itIsMadeOnceForItsOwnerAlone(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("data/pepper");
    Pepper first = Pepper.in(file);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(Pepper.in(file).fingerprint()).isEqualTo(first.fingerprint());
    try (var files = Files.list(file.getParent())) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void aShortOrUnreadablePepperIsRefused() {
    assertThatThrownBy(() -> Pepper.of("0b".repeat(31))).hasMessageContaining("31 bytes");
    assertThatThrownBy(() -> Pepper.of("secret")).hasMessageContaining("hexadecimal");
  }
}
