package platform.deepseek.auth.store;

import static java.nio.file.StandardCopyOption.COPY_ATTRIBUTES;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import platform.deepseek.auth.Port;

/** A PostgreSQL of its own on one port, that can be killed and started again with its data. */
public final class RealPostgres implements AutoCloseable {

  /** A busy machine and a slow disk need more than the ten seconds that it has by itself. */
  static final Duration PATIENCE = Duration.ofMinutes(3);

  private final int port;
  private Path folder;
  private EmbeddedPostgres server;

  public RealPostgres() {
    port = Port.free();
    try {
      folder = Files.createTempDirectory("postgres");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    start();
  }

  public void start() {
    try {
      server =
          EmbeddedPostgres.builder()
              .setPort(port)
              .setPGStartupWait(PATIENCE)
              .setDataDirectory(folder)
              .setCleanDataDirectory(false)
              // The test server's default forgets what it has confirmed when it is killed.
              .setServerConfig("synchronous_commit", "on")
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Ends it and all its processes as a crash of the machine does. */
  public void kill() {
    try {
      long pid = Long.parseLong(Files.readAllLines(folder.resolve("postmaster.pid")).getFirst());
      ProcessHandle postmaster = ProcessHandle.of(pid).orElseThrow();
      List<ProcessHandle> all =
          Stream.concat(Stream.of(postmaster), postmaster.descendants()).toList();
      all.forEach(ProcessHandle::destroyForcibly);
      all.forEach(process -> process.onExit().join());
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * What its standby has that gets no further: a copy of its data as of now. It is started anew.
   */
  public Path copy() {
    kill();
    Path copy = copy(folder);
    start();
    return copy;
  }

  /** Ends it as a crash does; the standby takes its place. What was confirmed since is lost. */
  public void failOver(Path standby) {
    kill();
    folder = copy(standby);
    start();
  }

  private static Path copy(Path from) {
    try (Stream<Path> paths = Files.walk(from)) {
      Path to = Files.createTempDirectory("postgres");
      for (Path path : paths.skip(1).toList()) {
        if (!path.endsWith("postmaster.pid")) {
          Files.copy(path, to.resolve(from.relativize(path).toString()), COPY_ATTRIBUTES);
        }
      }
      return to;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public int port() {
    return port;
  }

  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
