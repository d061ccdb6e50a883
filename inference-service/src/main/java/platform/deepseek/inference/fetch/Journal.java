package platform.deepseek.inference.fetch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Stream;

/**
 * What earlier tries have done to a folder, kept in the folder itself: which files are whole, with
 * their digests, what is half there, and at the end the report. It belongs to one state of the
 * source; what is left of another is thrown away.
 */
final class Journal {

  static final String FOLDER = ".fetch";

  private static final String SUMS = "SHA256SUMS";

  private final Path target;
  private final Path folder;
  private final Map<String, String> whole = new ConcurrentSkipListMap<>();

  Journal(Path target) throws IOException {
    this.target = target;
    this.folder = target.resolve(FOLDER);
    Files.createDirectories(folder);
  }

  /** The report of a fetch that has been completed. */
  Optional<String> report() throws IOException {
    var file = folder.resolve("report.json");
    return Files.exists(file) ? Optional.of(Files.readString(file)) : Optional.empty();
  }

  void complete(String report) throws IOException {
    write("report.json", report);
  }

  /** Takes up what is left of this state of the source. */
  void open(String identity) throws IOException {
    var file = folder.resolve("source");
    if (!Files.exists(file) || !Files.readString(file).equals(identity)) {
      clear();
      write("source", identity);
    }
    if (Files.exists(folder.resolve(SUMS))) {
      // The last line may be cut where the process was killed.
      Files.readAllLines(folder.resolve(SUMS)).stream()
          .filter(line -> line.matches("[0-9a-f]{64} {2}.+ \\d+"))
          .forEach(this::read);
    }
  }

  private void read(String line) {
    var end = line.lastIndexOf(' ');
    var name = line.substring(66, end);
    var file = target.resolve(name).toFile();
    if (file.isFile() && file.length() == Long.parseLong(line.substring(end + 1))) {
      whole.put(name, line.substring(0, 64));
    }
  }

  /** Digests by the names of the files that are whole. */
  Map<String, String> whole() {
    return whole;
  }

  /** Where a file grows until it is whole. */
  Path part(RemoteFile file) {
    return folder.resolve(Sha256.of(file.name()) + ".part");
  }

  /** The version of the file that a part is of. */
  Path version(RemoteFile file) {
    return folder.resolve(Sha256.of(file.name()) + ".version");
  }

  synchronized void add(RemoteFile file, Path place, String sha256) throws IOException {
    Files.createDirectories(place.getParent());
    Files.move(part(file), place, StandardCopyOption.ATOMIC_MOVE);
    Files.deleteIfExists(version(file));
    Files.writeString(
        folder.resolve(SUMS),
        "%s  %s %d%n".formatted(sha256, file.name(), file.size()),
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
    whole.put(file.name(), sha256);
  }

  /** The file on which those who fetch into the same folder wait for each other. */
  Path lock() {
    return folder.resolve("lock");
  }

  private void clear() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        if (!file.equals(folder) && !file.equals(lock())) {
          Files.delete(file);
        }
      }
    }
  }

  private void write(String name, String text) throws IOException {
    var fresh = folder.resolve(name + ".new");
    Files.writeString(fresh, text);
    Files.move(fresh, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
  }
}
