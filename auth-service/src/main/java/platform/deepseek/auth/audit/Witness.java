package platform.deepseek.auth.audit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Tells checkpoints to the outside: a line in the log, and in a file where one is wanted. Whoever
 * holds the database and the keys can sign another past; not one that agrees with what was told.
 */
final class Witness {

  private static final Logger LOG = Logger.getLogger(Witness.class);

  private final Optional<Path> file;

  Witness(Optional<Path> file) {
    this.file = file;
  }

  void tell(StoredCheckpoint stored) {
    Checkpoint checkpoint = stored.checkpoint();
    LOG.infof(
        "audit checkpoint %d of %d entries, %s %s",
        checkpoint.number(),
        checkpoint.size(),
        checkpoint.digest().label(),
        HexFormat.of().formatHex(checkpoint.hash()));
    file.ifPresent(path -> append(path, stored.line() + "\n"));
  }

  private static void append(Path path, String line) {
    try {
      Files.createDirectories(path.toAbsolutePath().getParent());
      Files.writeString(
          path,
          line,
          StandardCharsets.UTF_8,
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND,
          StandardOpenOption.SYNC);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write a checkpoint to " + path, e);
    }
  }
}
