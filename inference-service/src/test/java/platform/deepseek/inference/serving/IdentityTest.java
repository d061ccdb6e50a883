package platform.deepseek.inference.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the digest of weights sees. */
class IdentityTest {

  @TempDir Path folder;

  private Path file(String name, byte[] bytes) throws IOException {
    return Files.write(folder.resolve(name), bytes);
  }

  @Test
  void everyByteOfASmallFileIsSeenAndNoNameOrDate() throws IOException {
    byte[] bytes = new byte[300_001];
    String digest = Identity.weights(List.of(file("a", bytes)));
    assertThat(digest).matches("sha256:[0-9a-f]{64}");
    assertThat(Identity.weights(List.of(file("copy", bytes)))).isEqualTo(digest);
    for (int at : new int[] {0, 4_096, 123_456, 300_000}) {
      bytes[at] = 1;
      assertThat(Identity.weights(List.of(file("b", bytes))))
          .as("byte %d", at)
          .isNotEqualTo(digest);
      bytes[at] = 0;
    }
    assertThat(Identity.weights(List.of(file("longer", new byte[300_002])))).isNotEqualTo(digest);
  }

  @Test
  void oneFileIsNotTheSameAsItsHalves() throws IOException {
    assertThat(Identity.weights(List.of(file("whole", new byte[8_192]))))
        .isNotEqualTo(
            Identity.weights(List.of(file("a", new byte[4_096]), file("b", new byte[4_096]))));
  }
}
