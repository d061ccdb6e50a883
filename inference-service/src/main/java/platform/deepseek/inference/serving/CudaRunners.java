package platform.deepseek.inference.serving;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import platform.deepseek.inference.api.ServedGpu;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.model.ModelWeights;
import platform.deepseek.inference.runner.Accelerator;
import platform.deepseek.inference.runner.CudaModelRunner;
import platform.deepseek.inference.runner.CudaNumbers;
import platform.deepseek.inference.runner.LoadSpeed;
import platform.deepseek.inference.weights.Checkpoint;

/**
 * The same model on several GPUs, opened and loaded at the same time. One plan holds for all: the
 * engines behind one queue are alike, so GPUs of different memory are used like the smallest.
 *
 * @param plan of each GPU
 * @param runners in the order of the GPUs
 * @param place the GPUs by name
 */
record CudaRunners(
    CudaPlan plan, List<CudaModelRunner> runners, List<ServedGpu> gpus, String place) {

  /**
   * Loads the model.
   *
   * @param numbers the GPUs, at least one
   * @param open opens a GPU by its number
   * @param log told the plan, and how fast each GPU was loaded
   * @throws ModelDoesNotFitException some GPU has too little memory
   */
  static CudaRunners load(
      ModelConfig config,
      Checkpoint checkpoint,
      CudaNumbers precision,
      CudaPlan.Wanted wanted,
      List<Integer> numbers,
      IntFunction<Accelerator> open,
      Consumer<String> log) {
    List<Accelerator> accelerators =
        together(
            numbers.stream().map(n -> (Callable<Accelerator>) () -> open.apply(n)).toList(),
            accelerator -> accelerator.device().close());
    String place = place(accelerators);
    CudaPlan plan;
    try {
      plan =
          CudaPlan.of(
              config,
              precision,
              wanted,
              accelerators.stream()
                  .map(CudaRunners::gpu)
                  .reduce(CudaPlan.Gpu::smaller)
                  .orElseThrow());
    } catch (RuntimeException | Error e) {
      accelerators.forEach(accelerator -> accelerator.device().close());
      throw e;
    }
    log.accept(
        ("on each GPU up to %,d sequences and %,d tokens a step, %,d MiB for keys and values,"
                + " %,d MiB of weights: %s")
            .formatted(
                plan.maxBatch(),
                plan.tokensPerStep(),
                plan.kvBytes() >> 20,
                CudaModelRunner.weightBytes(config, precision) >> 20,
                precision.describe(config)));
    var limits =
        new CudaModelRunner.Limits(
            plan.context(), plan.slots(), plan.maxBatch(), plan.tokensPerStep(), plan.kvBytes());
    List<CudaModelRunner> runners =
        together(
            accelerators.stream()
                .map(
                    accelerator ->
                        (Callable<CudaModelRunner>)
                            () -> warm(config, checkpoint, precision, limits, accelerator))
                .toList(),
            CudaModelRunner::close);
    List<ServedGpu> gpus =
        IntStream.range(0, numbers.size())
            .mapToObj(i -> gpu(numbers.get(i), runners.get(i).loadSpeed()))
            .toList();
    for (int i = 0; i < gpus.size(); i++) {
      log.accept(
          "engine %d, GPU %d: %s".formatted(i, gpus.get(i).number(), runners.get(i).loadSpeed()));
    }
    return new CudaRunners(plan, runners, gpus, place);
  }

  private static CudaModelRunner warm(
      ModelConfig config,
      Checkpoint checkpoint,
      CudaNumbers precision,
      CudaModelRunner.Limits limits,
      Accelerator accelerator) {
    ModelWeights weights = new ModelWeights(config, checkpoint);
    CudaModelRunner runner =
        CudaModelRunner.load(weights, precision, limits, accelerator, uploaded -> {});
    try {
      runner.warmUp();
      return runner;
    } catch (RuntimeException | Error e) {
      runner.close();
      throw e;
    }
  }

  private static ServedGpu gpu(int number, LoadSpeed speed) {
    return new ServedGpu(number, speed.seconds(), 1e9 * speed.gigabytesPerSecond());
  }

  private static CudaPlan.Gpu gpu(Accelerator accelerator) {
    return new CudaPlan.Gpu(
        accelerator.device().freeMemory(),
        accelerator.device().pageBytes(),
        accelerator.device().multiprocessors());
  }

  /** "2 x NVIDIA H200", or all names where they differ. */
  private static String place(List<Accelerator> accelerators) {
    List<String> names = accelerators.stream().map(a -> a.device().name()).toList();
    if (names.size() == 1) {
      return names.getFirst();
    }
    return names.stream().distinct().count() == 1
        ? "%d x %s".formatted(names.size(), names.getFirst())
        : names.stream().collect(Collectors.joining(" + "));
  }

  /**
   * Does everything at the same time, and waits for all of it. When something fails, what succeeded
   * is undone, and the first failure is thrown.
   */
  private static <T> List<T> together(List<Callable<T>> work, Consumer<T> undo) {
    List<T> done = new ArrayList<>();
    Throwable failure = null;
    try (ExecutorService threads =
        Executors.newFixedThreadPool(
            work.size(), Thread.ofPlatform().daemon().name("load-gpu-", 0).factory())) {
      for (Future<T> result : work.stream().map(threads::submit).toList()) {
        try {
          done.add(result.get());
        } catch (ExecutionException e) {
          failure = failure == null ? e.getCause() : failure;
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          failure = new IllegalStateException("interrupted while GPUs were loaded", e);
          threads.shutdownNow();
        }
      }
    }
    if (failure != null) {
      done.forEach(undo);
    }
    switch (failure) {
      case null -> {
        return done;
      }
      case RuntimeException cause -> throw cause;
      case Error cause -> throw cause;
      default -> throw new AssertionError(failure);
    }
  }
}
