package platform.deepseek.auth.access;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A table in a text file: a row a line, cells apart by blanks, comments after a hash sign. */
final class Table {

  private Table() {}

  static List<List<String>> read(String name) {
    try (InputStream in = Table.class.getResourceAsStream("/access/" + name)) {
      if (in == null) {
        throw new IllegalStateException("/access/" + name + " is missing on the class path");
      }
      return rows(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<List<String>> rows(String text) {
    return text.lines()
        .map(line -> line.replaceFirst("#.*", "").strip())
        .filter(line -> !line.isEmpty())
        .map(line -> List.of(line.split(" +")))
        .toList();
  }
}
