package platform.deepseek.cache.tier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static platform.deepseek.cache.Await.soon;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import platform.deepseek.cache.key.CacheKey;

/** RocksDB and what can happen to its disk. */
class RocksStoreTest {

  private static final Duration HOUR = Duration.ofHours(1);

  @TempDir Path folder;

  @Test
  void whatWasWrittenIsThereAfterARestart() {
    try (RocksStore store = open(folder)) {
      fill(store, 0, 100);
      store.remove(DoomedWriter.key(7)).join();
    }
    try (RocksStore store = open(folder)) {
      assertThat(store.get(DoomedWriter.key(7)).join()).isEmpty();
      assertThat(store.get(DoomedWriter.key(8)).join()).contains(DoomedWriter.value(8));
      assertThat(store.has(DoomedWriter.key(8)).join()).isTrue();
      assertThat(store.has(DoomedWriter.key(5_000)).join()).isFalse();
      assertThat(
              store
                  .leading(IntStream.of(1, 2, 3, 5_000, 4).mapToObj(DoomedWriter::key).toList())
                  .join())
          .isEqualTo(3);
    }
  }

  @Test
  void whatAKilledProcessHadWrittenIsThere() throws Exception {
    Process writer =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                DoomedWriter.class.getName(),
                folder.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    int written = -1;
    try (BufferedReader lines = writer.inputReader()) {
      while (written < 3_000) {
        written = Integer.parseInt(lines.readLine());
      }
      writer.destroyForcibly();
      assertThat(writer.waitFor()).isEqualTo(137);
    }
    try (RocksStore store = open(folder)) {
      for (int i = 0; i <= written; i++) {
        assertThat(store.get(DoomedWriter.key(i)).join()).contains(DoomedWriter.value(i));
      }
    }
  }

  @Test
  void damagedFilesCostTheirEntriesAndNothingElse() throws IOException {
    try (RocksStore store = open(folder)) {
      fill(store, 0, 20_000); // more than a buffer: some of it in files, some in the log
    }
    Random random = new Random(3);
    int damaged = 0;
    for (Path file : files(".sst")) {
      try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
        for (int i = 0; i < 40; i++) {
          bytes.seek((long) (random.nextDouble() * bytes.length() * 0.8));
          bytes.write(random.nextInt(256));
          damaged++;
        }
      }
    }
    assertThat(damaged).isPositive();
    int found = 0;
    try (RocksStore store = open(folder)) {
      Tier tier =
          new Tier("rocksdb", Level.L2, store, Duration.ofSeconds(9), Duration.ofSeconds(9));
      for (int i = 0; i < 20_000; i++) {
        var value = tier.get(DoomedWriter.key(i), late -> {}).join();
        if (value.isPresent()) {
          assertThat(value.get()).isEqualTo(DoomedWriter.value(i));
          found++;
        }
      }
      assertThat(found).isBetween(1_000, 19_999);
      assertThat(tier.counts().errors.sum()).isEqualTo(20_000 - found);
      assertThat(tier.state()).isEqualTo(Tier.State.UP);
      fill(store, 30_000, 30_010);
      assertThat(store.get(DoomedWriter.key(30_001)).join()).isPresent();
    }
  }

  @Test
  void aDatabaseThatCannotBeOpenedIsBegunAnew() throws IOException {
    try (RocksStore store = open(folder)) {
      fill(store, 0, 100);
    }
    for (Path file : files("")) {
      if (file.getFileName().toString().startsWith("MANIFEST")) {
        Files.write(file, new byte[] {1, 2, 3});
      }
    }
    try (RocksStore store = open(folder)) {
      assertThat(store.get(DoomedWriter.key(1)).join()).isEmpty();
      fill(store, 0, 10);
      assertThat(store.get(DoomedWriter.key(1)).join()).isPresent();
    }
  }

  @Test
  void theOldestGoWhenThereAreTooMany() {
    long most = 16 << 20;
    RocksSettings small = new RocksSettings(folder, most, Duration.ofDays(1), 1 << 30, true);
    try (RocksStore store = new RocksStore(small)) {
      fill(store, 0, 20_000); // about 40 MB
      soon().until(() -> store.bytes() <= most + (8 << 20));
      assertThat(store.get(DoomedWriter.key(1)).join()).isEmpty();
      assertThat(store.get(DoomedWriter.key(19_999)).join()).isPresent();
    }
  }

  @Test
  void aFullDiskStopsWritesAndNotReads() throws Exception {
    Path disk = Files.createDirectory(folder.resolve("disk"));
    assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", disk.toString()) == 0,
        "no small disk can be mounted here: that takes root");
    try {
      Tier tier =
          new Tier(
              "rocksdb",
              Level.L2,
              open(disk.resolve("db")),
              Duration.ofSeconds(5),
              Duration.ofSeconds(10));
      for (int i = 0; i < 20_000 && tier.state() == Tier.State.UP; i++) {
        tier.put(DoomedWriter.key(i), DoomedWriter.value(i), HOUR).join();
      }
      assertThat(tier.state()).isEqualTo(Tier.State.READ_ONLY);
      assertThat(tier.counts().errors.sum()).isPositive();
      assertThat(tier.get(DoomedWriter.key(10), late -> {}).join())
          .contains(DoomedWriter.value(10));
      assertThat(tier.get(DoomedWriter.key(1_000_000), late -> {}).join()).isEmpty();
      tier.close();
    } finally {
      assertThat(run("umount", "-l", disk.toString())).isZero();
    }
  }

  @Test
  void aFolderThatCannotBeMadeMakesCallsFailAndNothingElse() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "no folder");
    try (RocksStore store = open(file.resolve("db"))) {
      assertThatThrownBy(() -> store.get(DoomedWriter.key(1)).join()).isNotNull();
      assertThat(store.bytes()).isZero();
    }
  }

  private static RocksStore open(Path folder) {
    return new RocksStore(DoomedWriter.settings(folder));
  }

  @Test
  void aCallThatIsNotTakenFailsAndThrowsNothing() {
    RocksStore store =
        new RocksStore(
            new RocksSettings(
                folder.resolve("closed"), 64 << 20, Duration.ofDays(1), 200 << 20, true));
    store.close();
    CacheKey key = CacheKey.of(new byte[CacheKey.BYTES]);
    assertThat(store.leading(List.of(key))).isCompletedExceptionally();
    assertThat(store.get(key)).isCompletedExceptionally();
  }

  private static void fill(RocksStore store, int from, int to) {
    for (int i = from; i < to; i++) {
      store.put(DoomedWriter.key(i), DoomedWriter.value(i), HOUR).join();
    }
  }

  private List<Path> files(String end) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> Files.isRegularFile(file) && file.toString().endsWith(end))
          .toList();
    }
  }

  private static int run(String... command) throws IOException, InterruptedException {
    try {
      return new ProcessBuilder(command)
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor();
    } catch (IOException e) {
      return -1; // there is no such program
    }
  }
}
