package platform.deepseek.inference.weights;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * What the file system said of a file when it was mapped. Its pages are read for as long as it
 * serves, so whoever cuts it or writes into it changes the model below the answers.
 *
 * <p>Only the same file can do that: one that was renamed over it, or removed, leaves the pages as
 * they are, and that is how files are replaced.
 *
 * @param path the real file (links resolved)
 * @param key device and inode; null where the file system has none
 */
public record FileState(Path path, Object key, long size, FileTime modified) {

  /**
   * @throws UncheckedIOException it cannot be looked at
   */
  public static FileState of(Path path) {
    try {
      Path real = path.toRealPath();
      BasicFileAttributes now = Files.readAttributes(real, BasicFileAttributes.class);
      return new FileState(real, now.fileKey(), now.size(), now.lastModifiedTime());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What was done to it since, as the end of a sentence about it; empty while it is the same. */
  public Optional<String> change() {
    BasicFileAttributes now;
    try {
      now = Files.readAttributes(path, BasicFileAttributes.class);
    } catch (IOException gone) { // the pages that are mapped are not
      return Optional.empty();
    }
    if (!Objects.equals(key, now.fileKey())) {
      return Optional.empty();
    }
    if (now.size() != size) {
      return Optional.of(
          String.format(
              Locale.ROOT,
              "%s from %,d to %,d bytes",
              now.size() < size ? "was cut" : "grew",
              size,
              now.size()));
    }
    return now.lastModifiedTime().equals(modified)
        ? Optional.empty()
        : Optional.of("was written to at " + now.lastModifiedTime());
  }
}
