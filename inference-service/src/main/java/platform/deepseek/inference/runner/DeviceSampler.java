package platform.deepseek.inference.runner;

import java.lang.foreign.MemorySegment;
import java.util.List;
import platform.deepseek.inference.cuda.Device;
import platform.deepseek.inference.cuda.Grid;
import platform.deepseek.inference.cuda.Kernel;
import platform.deepseek.inference.cuda.KernelModule;
import platform.deepseek.inference.cuda.KernelText;
import platform.deepseek.inference.engine.Step;
import platform.deepseek.inference.sampling.Sample;

/**
 * Chooses tokens on the device, where the logits are, as {@link
 * platform.deepseek.inference.sampling.Sampler} does on the host; sampling.cu tells how.
 *
 * <p>A step is one upload of packed parameters, one or two kernels and one download, all queued:
 * one kernel for greedy rows and for those that are changed first, one for draws and
 * log-probabilities. Which ones is known from the parameters alone. The chosen tokens are also
 * written to where the next step's model finds them, so that it can be queued before the host knows
 * them. Two steps may be under way. Not thread safe.
 */
final class DeviceSampler implements AutoCloseable {

  /** The samples of one step, kept until the second step after it is queued. */
  interface Pending {

    /** Whether the device is done with the step. */
    boolean reached();

    /** Waits for the device. */
    void await();

    /** What entry number i of the step chose; after {@link #await}. */
    Sample get(int entry);
  }

  // These sizes are those of sampling.cu.
  private static final int SCAN_THREADS = 256;
  private static final int CHOOSE_THREADS = 1024;
  private static final int GROUP = 8;

  /** Words of shared memory that count all values at once, two in each. */
  private static final int PAIRED_WORDS = 32_768;

  /** Shared memory of a choice beside its counts, at most. */
  private static final int OTHER_SHARED_BYTES = 8 << 10;

  /** Blocks of a scan for each multiprocessor: enough loads in flight, and few ends to wait for. */
  private static final int SCANNERS = 2;

  /** Blocks that share a row: more would wait for each other longer than they work. */
  private static final int MOST_SPLITS = 64;

  /** Logits that are worth a block. */
  private static final int LEAST_SHARE = 2048;

  private final Device device;
  private final int rows;
  private final int vocabulary;
  private final SamplingRows packed;
  private final KernelModule module;
  private final Kernel scan;
  private final Kernel choose;
  private final SamplingFlight[] flights;
  private final long adjusted;
  private final long partials;
  private final long counters;
  private final int words;
  private int next;

  /**
   * @param rows entries of a step at most
   * @param vocabulary logits of a row, and from one row to the next
   */
  DeviceSampler(Device device, int rows, int vocabulary) {
    this.device = device;
    this.rows = rows;
    this.vocabulary = vocabulary;
    packed = new SamplingRows(vocabulary);
    module = device.load(KernelText.of("sampling"));
    scan = module.kernel("sampling_scan");
    choose = module.kernel("sampling_choose");
    flights =
        new SamplingFlight[] {new SamplingFlight(device, rows), new SamplingFlight(device, rows)};
    adjusted = device.allocate(adjustedBytes(rows, vocabulary));
    partials = device.allocate((long) rows * MOST_SPLITS * Long.BYTES);
    counters = device.allocate((long) rows * Integer.BYTES);
    device.clear(counters, (long) rows * Integer.BYTES);
    words = words(device.mostSharedMemory());
  }

  /** Device memory that a sampler of this size takes. */
  static long deviceBytes(int rows, int vocabulary) {
    return adjustedBytes(rows, vocabulary)
        + (long) rows * (MOST_SPLITS * Long.BYTES + Integer.BYTES)
        + 2 * SamplingFlight.deviceBytes(rows);
  }

  private static long adjustedBytes(int rows, int vocabulary) {
    return (long) rows * Math.ceilDiv(vocabulary, GROUP) * GROUP * Short.BYTES;
  }

  /** Words for counts, a power of two: with fewer a row is read more often. */
  private static int words(int sharedBytes) {
    int most = (sharedBytes - OTHER_SHARED_BYTES) / Integer.BYTES;
    return Math.min(PAIRED_WORDS, Integer.highestOneBit(most));
  }

  /**
   * Queues the choice of a token for each entry.
   *
   * @param entries at most as many as this was made for; all sample
   * @param logitRows entry i samples from row {@code logitRows[i]}
   * @param logits device address of fp16 [rows][vocabulary]; not changed
   * @param lastTokens device address of int32 per slot: the entry's slot gets its token
   * @throws IllegalArgumentException too many entries, or a mask allows no token; nothing is queued
   */
  Pending sample(List<Step.Entry> entries, int[] logitRows, long logits, long lastTokens) {
    if (entries.isEmpty() || entries.size() > rows) {
      throw new IllegalArgumentException(
          "%d entries; between 1 and %d are possible".formatted(entries.size(), rows));
    }
    SamplingFlight flight = flights[next];
    MemorySegment staging = flight.staging(packed.bytes(entries));
    long bytes = packed.pack(entries, logitRows, staging);
    long views = flight.upload(bytes);
    long side = views + packed.sideOffset();
    next = (next + 1) % flights.length;
    if (packed.wantsScan()) {
      device.launch(
          scan,
          new Grid(splits(entries.size()), entries.size(), 1, SCAN_THREADS, 0),
          logits,
          views,
          side,
          adjusted,
          partials,
          counters,
          flight.tokens(),
          lastTokens,
          vocabulary);
    }
    if (packed.wantsChoice()) {
      device.launch(
          choose,
          new Grid(entries.size(), 1, 1, CHOOSE_THREADS, words * Integer.BYTES),
          logits,
          views,
          side,
          adjusted,
          flight.tokens(),
          flight.records(),
          lastTokens,
          vocabulary,
          words);
    }
    return flight.download(entries);
  }

  /** Blocks of a scan that share a row: few rows fill the device as well as many. */
  private int splits(int rows) {
    int most = Math.min(MOST_SPLITS, Math.ceilDiv(vocabulary, LEAST_SHARE));
    return Math.clamp(device.multiprocessors() * SCANNERS / rows, 1, most);
  }

  @Override
  public void close() {
    device.synchronize();
    for (SamplingFlight flight : flights) {
      flight.close();
    }
    for (long address : new long[] {adjusted, partials, counters}) {
      device.free(address);
    }
    module.close();
  }
}
