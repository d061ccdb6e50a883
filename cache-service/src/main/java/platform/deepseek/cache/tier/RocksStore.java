package platform.deepseek.cache.tier;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;
import platform.deepseek.cache.key.CacheKey;

/**
 * RocksDB on the machine's disk.
 *
 * <p>A cache is written once, read for a while and forgotten, oldest first. FIFO compaction does
 * that: files are dropped whole when they are older than the longest life or when all together are
 * too many, and nothing is ever rewritten, so a byte is written to the disk twice (log and file)
 * where levels would write it ten times and more. Every block has a checksum; what does not match
 * is a miss. Bloom filters answer for what is not there.
 *
 * <p>The log makes what was put survive the process. Damage at its end, or anywhere in it, costs
 * the entries that are damaged. A database that cannot be opened is moved aside, once, and begun
 * anew: it is a cache. Every entry proves itself by its seal anyway.
 *
 * <p>Calls block, in JNI, so they have threads of their own, few of them, and a queue that is
 * short: where it is full, the answer is a failure, which the tier makes a miss of.
 */
public final class RocksStore implements Store {

  private static final Logger LOG = Logger.getLogger(RocksStore.class);
  private static final int THREADS = 4;
  private static final int QUEUE = 4_096;
  private static final Duration REOPEN = Duration.ofSeconds(5);

  private final RocksSettings settings;
  private final RocksOptions options;
  private final ThreadPoolExecutor threads;
  private volatile RocksDB database;
  private volatile boolean closed;
  private volatile long triedAt;

  /** Opens it; where that fails it is tried again later, and until then all calls fail. */
  public RocksStore(RocksSettings settings) {
    this.settings = settings;
    this.options = new RocksOptions(settings);
    this.threads =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            1,
            TimeUnit.MINUTES,
            new ArrayBlockingQueue<>(QUEUE),
            Thread.ofPlatform().name("rocksdb-", 0).daemon().factory());
    try {
      open();
    } catch (RocksDBException e) {
      LOG.warnf("RocksDB in %s cannot be opened yet: %s", settings.folder(), e.getMessage());
    }
  }

  @Override
  public CompletableFuture<Optional<byte[]>> get(CacheKey key) {
    return call(
        () -> {
          try {
            return Optional.ofNullable(database().get(options.reading(), key.bytes()));
          } catch (RocksDBException e) {
            if (isDamage(e)) {
              throw new DamagedValue(e);
            }
            throw e;
          }
        });
  }

  @Override
  public CompletableFuture<Void> put(CacheKey key, byte[] value, Duration life) {
    return call(
        () -> {
          database().put(options.writing(), key.bytes(), value);
          return null;
        });
  }

  @Override
  public CompletableFuture<Void> remove(CacheKey key) {
    return call(
        () -> {
          database().delete(options.writing(), key.bytes());
          return null;
        });
  }

  /** By Bloom filters: true for one in a hundred that is not there, and nothing is read. */
  @Override
  public CompletableFuture<Boolean> has(CacheKey key) {
    return call(() -> database().keyMayExist(options.reading(), key.bytes(), null));
  }

  /** How many of a list, from its first on, are there without a gap, as {@link #has} tells. */
  public CompletableFuture<Integer> leading(List<CacheKey> keys) {
    return call(
        () -> {
          RocksDB open = database();
          int known = 0;
          while (known < keys.size()
              && open.keyMayExist(options.reading(), keys.get(known).bytes(), null)) {
            known++;
          }
          return known;
        });
  }

  @Override
  public long bytes() {
    RocksDB open = database;
    if (open == null || closed) {
      return 0;
    }
    try {
      return open.getLongProperty("rocksdb.total-sst-files-size")
          + open.getLongProperty("rocksdb.cur-size-all-mem-tables");
    } catch (RocksDBException e) {
      return 0;
    }
  }

  @Override
  public void close() {
    closed = true;
    threads.shutdown();
    try {
      if (!threads.awaitTermination(10, TimeUnit.SECONDS)) {
        LOG.warnf("calls of RocksDB in %s still run; it is left open", settings.folder());
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    RocksDB open = database;
    if (open != null) {
      open.close();
    }
    options.close();
  }

  private interface Work<T> {
    T run() throws RocksDBException;
  }

  private <T> CompletableFuture<T> call(Work<T> work) {
    CompletableFuture<T> result = new CompletableFuture<>();
    try {
      threads.execute(
          () -> {
            try {
              result.complete(work.run());
            } catch (RocksDBException | RuntimeException e) {
              result.completeExceptionally(e);
            }
          });
    } catch (RejectedExecutionException e) {
      result.completeExceptionally(e);
    }
    return result;
  }

  private RocksDB database() throws RocksDBException {
    RocksDB open = database;
    if (open != null) {
      return open;
    }
    synchronized (this) {
      if (database == null && !closed) {
        if (System.nanoTime() - triedAt < REOPEN.toNanos()) {
          throw new RocksDBException("the database is not open");
        }
        open();
      }
      return database;
    }
  }

  private void open() throws RocksDBException {
    triedAt = System.nanoTime();
    try {
      Files.createDirectories(settings.folder());
    } catch (IOException e) {
      throw new RocksDBException("cannot make %s: %s".formatted(settings.folder(), e));
    }
    try {
      database = RocksDB.open(options.database(), settings.folder().toString());
    } catch (RocksDBException e) {
      if (!isDamage(e) && !isUnreadable(e)) {
        throw e;
      }
      LOG.warnf("RocksDB in %s is begun anew: %s", settings.folder(), e.getMessage());
      startOver();
      database = RocksDB.open(options.database(), settings.folder().toString());
    }
  }

  private static boolean isDamage(RocksDBException failure) {
    Status status = failure.getStatus();
    return status != null && status.getCode() == Status.Code.Corruption;
  }

  /** Files that should be there and are not. */
  private static boolean isUnreadable(RocksDBException failure) {
    Status status = failure.getStatus();
    return status != null
        && (status.getCode() == Status.Code.InvalidArgument
            || status.getCode() == Status.Code.IOError
                && String.valueOf(failure.getMessage()).contains("No such file")
            || status.getCode() == Status.Code.NotSupported);
  }

  private void startOver() throws RocksDBException {
    Path aside = settings.folder().resolveSibling(settings.folder().getFileName() + ".damaged");
    try {
      delete(aside);
      Files.move(settings.folder(), aside);
      Files.createDirectories(settings.folder());
    } catch (IOException | UncheckedIOException e) {
      throw new RocksDBException("cannot move %s aside: %s".formatted(settings.folder(), e));
    }
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
