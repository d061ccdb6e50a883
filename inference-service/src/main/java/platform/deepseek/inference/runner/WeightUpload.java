package platform.deepseek.inference.runner;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import platform.deepseek.inference.cuda.Device;
import platform.deepseek.inference.cuda.Mark;
import platform.deepseek.inference.model.ModelWeights;

/**
 * Brings weights to a device as fast as the slower of disk and bus: all cores read the mapped files
 * and convert, each into pinned buffers of its own, while the device copies what is ready. A core
 * has two buffers and fills one while the other is copied; a mark tells when it may be used again.
 */
final class WeightUpload {

  /**
   * On an H200 the bus takes 53 of its 55 GB/s in pieces of 4 MiB, 16 threads copy 35 GB/s out of
   * mapped files, and 256 MiB of pinned memory cost 120 ms, which smaller buffers save.
   */
  private static final long MOST_PIECE_BYTES = 4L << 20;

  private static final int MOST_WORKERS = 16;
  private static final int BUFFERS = 2;

  private final Device device;
  private final ModelWeights weights;
  private final CudaWeights target;
  private final List<WeightPiece> pieces = new ArrayList<>();
  private final AtomicInteger next = new AtomicInteger();
  private final AtomicBoolean failed = new AtomicBoolean();

  /** Pieces that are still to come, and whom to tell; guarded by this upload. */
  private final Map<CudaWeight, Integer> missing = new HashMap<>();

  private final IntConsumer uploaded;
  private int complete;

  /**
   * @param uploaded told the number of weights that were sent whole
   */
  WeightUpload(Device device, ModelWeights weights, CudaWeights target, IntConsumer uploaded) {
    this.device = device;
    this.weights = weights;
    this.target = target;
    this.uploaded = uploaded;
    for (CudaWeight weight : target.addresses().keySet()) {
      List<WeightPiece> parts = WeightPiece.of(weight, weights.config(), MOST_PIECE_BYTES);
      missing.put(weight, parts.size());
      pieces.addAll(parts);
    }
  }

  /** Sends everything and waits for it. */
  LoadSpeed run() {
    long begun = System.nanoTime();
    int count = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, MOST_WORKERS);
    List<Worker> workers = new ArrayList<>();
    try (Arena arena = Arena.ofShared()) {
      try {
        for (int i = 0; i < Math.min(count, pieces.size()); i++) {
          workers.add(new Worker(arena));
        }
        runAll(workers);
      } finally {
        // Pinned memory must not go while it is copied from.
        device.synchronize();
        workers.forEach(Worker::close);
      }
    }
    double seconds = (System.nanoTime() - begun) / 1e9;
    return new LoadSpeed(storedBytes(), target.bytes(), seconds);
  }

  private void runAll(List<Worker> workers) {
    try (ExecutorService threads =
        Executors.newFixedThreadPool(
            workers.size(), Thread.ofPlatform().daemon().name("weights-", 0).factory())) {
      List<Future<?>> ends = new ArrayList<>();
      workers.forEach(worker -> ends.add(threads.submit(worker)));
      for (Future<?> end : ends) {
        end.get();
      }
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case RuntimeException cause -> throw cause;
        case Error cause -> throw cause;
        default -> throw new AssertionError(e.getCause());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      failed.set(true);
      throw new IllegalStateException("interrupted while weights were uploaded", e);
    }
  }

  private long storedBytes() {
    return target.addresses().keySet().stream()
        .flatMap(
            weight ->
                weight.roles().stream()
                    .flatMap(
                        role ->
                            IntStream.range(0, CudaWeight.copies(role, weights.config()))
                                .mapToObj(expert -> weights.tensor(role, weight.layer(), expert))))
        .mapToLong(tensor -> tensor.data().byteSize())
        .sum();
  }

  private synchronized void send(WeightPiece piece, MemorySegment from, Mark mark) {
    long at = 0;
    for (WeightPiece.Range range : piece.ranges()) {
      device.upload(
          target.addresses().get(piece.weight()) + range.offset(), from.asSlice(at, range.bytes()));
      at += range.bytes();
    }
    mark.record();
    if (missing.merge(piece.weight(), -1, Integer::sum) == 0) {
      uploaded.accept(++complete);
    }
  }

  /** Fills its buffers in turn until nothing is left, or another worker failed. */
  private final class Worker implements Runnable {
    private final RowConverter converter = new RowConverter(weights);
    private final List<MemorySegment> buffers = new ArrayList<>();
    private final List<Mark> marks = new ArrayList<>();

    Worker(Arena arena) {
      long bytes = pieces.stream().mapToLong(WeightPiece::bytes).max().orElseThrow();
      for (int i = 0; i < BUFFERS; i++) {
        buffers.add(device.pinned(arena, bytes));
      }
      for (int i = 0; i < BUFFERS; i++) {
        marks.add(device.mark());
      }
    }

    @Override
    public void run() {
      try {
        int turn = 0;
        for (int i = next.getAndIncrement(); i < pieces.size() && !failed.get(); ) {
          WeightPiece piece = pieces.get(i);
          marks.get(turn).await();
          MemorySegment buffer = buffers.get(turn).asSlice(0, piece.bytes());
          converter.write(piece, buffer);
          send(piece, buffer, marks.get(turn));
          turn = (turn + 1) % BUFFERS;
          i = next.getAndIncrement();
        }
      } catch (RuntimeException | Error e) {
        failed.set(true);
        throw e;
      }
    }

    void close() {
      marks.forEach(Mark::close);
    }
  }
}
