package platform.deepseek.cache.crypto;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

/** A file for each tenant. One that is forgotten is overwritten before its name goes. */
public final class SeedFolder implements SeedStore {

  private final Path folder;

  public SeedFolder(Path folder) {
    this.folder = folder;
  }

  @Override
  public Optional<byte[]> read(String tenant) {
    Path file = file(tenant);
    try {
      return Files.exists(file) ? Optional.of(Files.readAllBytes(file)) : Optional.empty();
    } catch (IOException e) {
      throw new Unavailable("cannot read " + file, e);
    }
  }

  @Override
  public synchronized byte[] keep(String tenant, byte[] wrapped) {
    try {
      Path fresh = write(tenant, wrapped);
      try {
        Files.createLink(file(tenant), fresh); // fails where there is one, whole where not
        return wrapped;
      } catch (FileAlreadyExistsException e) {
        return Files.readAllBytes(file(tenant));
      } finally {
        Files.deleteIfExists(fresh);
      }
    } catch (IOException e) {
      throw new Unavailable("cannot write a seed to " + folder, e);
    }
  }

  @Override
  public synchronized void replace(String tenant, byte[] wrapped) {
    try {
      Files.move(write(tenant, wrapped), file(tenant), StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new Unavailable("cannot write a seed to " + folder, e);
    }
  }

  @Override
  public synchronized void forget(String tenant, byte[] wrapped) {
    Path file = file(tenant);
    try {
      if (Files.exists(file) && Arrays.equals(Files.readAllBytes(file), wrapped)) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
          channel.write(ByteBuffer.allocate((int) channel.size()));
          channel.force(true);
        }
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new Unavailable("cannot forget " + file, e);
    }
  }

  private Path write(String tenant, byte[] wrapped) throws IOException {
    Files.createDirectories(folder);
    Path fresh = Files.createTempFile(folder, name(tenant), ".new");
    try (FileChannel channel = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(wrapped));
      channel.force(true);
    }
    return fresh;
  }

  private Path file(String tenant) {
    return folder.resolve(name(tenant));
  }

  /** Tenants' names may hold what file names may not. */
  private static String name(String tenant) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(tenant.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}
