package platform.deepseek.inference.runner;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import platform.deepseek.inference.cuda.Device;
import platform.deepseek.inference.cuda.Mark;
import platform.deepseek.inference.engine.Step;
import platform.deepseek.inference.sampling.Sample;
import platform.deepseek.inference.sampling.TokenLogprob;

/**
 * Memory of one step that is under way: packed rows on their way to the device, and tokens on their
 * way back. It is used again for a later step, so the results of an earlier one go away.
 */
final class SamplingFlight implements AutoCloseable {

  /**
   * struct Record of sampling_rows.cuh: log-probability, count, tokens, their log-probabilities.
   */
  private static final int RECORD_BYTES = 8 + 2 * SamplingView.MOST_TOP * Integer.BYTES;

  private static final int RECORD_COUNT = 4;
  private static final int RECORD_TOKENS = 8;
  private static final int RECORD_LOGPROBS = RECORD_TOKENS + SamplingView.MOST_TOP * Integer.BYTES;

  private final Device device;
  private final int rows;
  private final Mark mark;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment results;
  private final long resultsAddress;
  private final int[] records;
  private Arena stagingArena = Arena.ofShared();
  private MemorySegment staging;
  private long stagingAddress;
  private int count;
  private int recordCount;
  private long step;

  SamplingFlight(Device device, int rows) {
    this.device = device;
    this.rows = rows;
    mark = device.mark();
    results = device.pinned(arena, resultBytes(rows));
    resultsAddress = device.allocate(resultBytes(rows));
    records = new int[rows];
    allocate(startBytes(rows));
  }

  /** Device memory that it has at first; rows with many penalties or masks make it more. */
  static long deviceBytes(int rows) {
    return startBytes(rows) + resultBytes(rows);
  }

  private static long startBytes(int rows) {
    return (long) rows * SamplingView.BYTES + (64 << 10);
  }

  private static long resultBytes(int rows) {
    return (long) rows * (Integer.BYTES + RECORD_BYTES);
  }

  private void allocate(long bytes) {
    stagingAddress = device.allocate(bytes);
    staging = device.pinned(stagingArena, bytes);
  }

  /** Nothing is left that would be taken for memory when there is none for more. */
  private void release() {
    stagingArena.close();
    stagingArena = Arena.ofShared();
    staging = MemorySegment.NULL;
    if (stagingAddress != 0) {
      device.free(stagingAddress);
      stagingAddress = 0;
    }
  }

  /** Memory for so many packed bytes, when the step before is done with it. */
  MemorySegment staging(long bytes) {
    mark.await();
    step++;
    if (bytes > staging.byteSize()) {
      long more = Math.max(bytes, 2 * staging.byteSize());
      release();
      allocate(more);
    }
    return staging;
  }

  /** Queues the copy of packed rows to the device; returns where they are there. */
  long upload(long bytes) {
    device.upload(stagingAddress, staging.asSlice(0, bytes));
    return stagingAddress;
  }

  /** Where the kernels write tokens. */
  long tokens() {
    return resultsAddress;
  }

  /** Where the kernels write records. */
  long records() {
    return resultsAddress + (long) rows * Integer.BYTES;
  }

  /** Queues the copy of results to the host. */
  DeviceSampler.Pending download(List<Step.Entry> entries) {
    count = entries.size();
    recordCount = 0;
    for (int i = 0; i < count; i++) {
      boolean asked = entries.get(i).sequence().sampling().topLogprobs() >= 0;
      records[i] = asked ? recordCount++ : -1;
    }
    long bytes =
        recordCount == 0
            ? (long) count * Integer.BYTES
            : (long) rows * Integer.BYTES + (long) recordCount * RECORD_BYTES;
    device.download(results.asSlice(0, bytes), resultsAddress);
    mark.record();
    return new Samples(step);
  }

  private final class Samples implements DeviceSampler.Pending {
    private final long of;

    Samples(long of) {
      this.of = of;
    }

    @Override
    public boolean reached() {
      requireKept();
      return mark.reached();
    }

    @Override
    public void await() {
      requireKept();
      mark.await();
    }

    @Override
    public Sample get(int entry) {
      requireKept();
      if (entry < 0 || entry >= count) {
        throw new IndexOutOfBoundsException("entry %d of %d".formatted(entry, count));
      }
      int token = results.getAtIndex(JAVA_INT, entry);
      return records[entry] < 0
          ? new Sample(token, Float.NaN, List.of())
          : recorded(token, (long) rows * Integer.BYTES + (long) records[entry] * RECORD_BYTES);
    }

    private Sample recorded(int token, long at) {
      int tops = results.get(JAVA_INT, at + RECORD_COUNT);
      List<TokenLogprob> top = new ArrayList<>(tops);
      for (int i = 0; i < tops; i++) {
        long offset = at + (long) i * Integer.BYTES;
        top.add(
            new TokenLogprob(
                results.get(JAVA_INT, offset + RECORD_TOKENS),
                results.get(JAVA_FLOAT, offset + RECORD_LOGPROBS)));
      }
      return new Sample(token, results.get(JAVA_FLOAT, at), List.copyOf(top));
    }

    private void requireKept() {
      if (of != step) {
        throw new IllegalStateException(
            "these samples are gone: they are kept until the second step after theirs");
      }
    }
  }

  @Override
  public void close() {
    mark.close();
    release();
    device.free(resultsAddress);
    stagingArena.close();
    arena.close();
  }
}
