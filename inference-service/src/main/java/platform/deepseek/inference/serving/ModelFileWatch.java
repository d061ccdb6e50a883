package platform.deepseek.inference.serving;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import platform.deepseek.inference.engine.DeviceLostException;
import platform.deepseek.inference.weights.FileState;

/**
 * Looks every now and then whether the model's files are still those that were loaded. A model that
 * is changed below its answers says anything, in good health: nobody else would notice.
 */
final class ModelFileWatch implements AutoCloseable {

  /** A look is a system call for each file. */
  static final Duration INTERVAL = Duration.ofSeconds(2);

  private final List<FileState> files;
  private final Consumer<DeviceLostException> changed;
  private final ScheduledExecutorService looks =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("model-files").factory());

  private ModelFileWatch(List<FileState> files, Consumer<DeviceLostException> changed) {
    this.files = files;
    this.changed = changed;
  }

  /** What files are like now; to be asked before anything of them is relied on. */
  static List<FileState> states(List<Path> files) {
    return files.stream().map(FileState::of).toList();
  }

  /**
   * Looks for the first time at once, because loading took its time.
   *
   * @param changed told once
   */
  static ModelFileWatch start(
      List<FileState> files, Duration interval, Consumer<DeviceLostException> changed) {
    ModelFileWatch watch = new ModelFileWatch(files, changed);
    var unused =
        watch.looks.scheduleWithFixedDelay(
            watch::look, 0, interval.toMillis(), TimeUnit.MILLISECONDS);
    return watch;
  }

  private void look() {
    change(files)
        .ifPresent(
            change -> {
              looks.shutdown();
              changed.accept(
                  new DeviceLostException(
                      change + " while it is served; put files in place by renaming them", null));
            });
  }

  /** The first change there is, in words. */
  private static Optional<String> change(List<FileState> files) {
    return files.stream()
        .flatMap(
            file ->
                file
                    .change()
                    .map(change -> "the model's file %s %s".formatted(name(file), change))
                    .stream())
        .findFirst();
  }

  private static Path name(FileState file) {
    return file.path().getFileName();
  }

  @Override
  public void close() {
    looks.shutdownNow();
  }
}
