package platform.deepseek.operator;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file that holds what is expected; -Dgolden.record=true writes it. */
public final class Golden {

  private Golden() {}

  public static void check(Path file, String actual) {
    try {
      if (Boolean.getBoolean("golden.record")) {
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.writeString(file, actual);
      }
      assertThat(actual)
          .as("%s; write it with -Dgolden.record=true and read the difference", file)
          .isEqualTo(Files.readString(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
