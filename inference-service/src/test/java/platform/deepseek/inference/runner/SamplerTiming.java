package platform.deepseek.inference.runner;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import platform.deepseek.inference.cuda.Device;
import platform.deepseek.inference.engine.GenerationRequest;
import platform.deepseek.inference.engine.Sequence;
import platform.deepseek.inference.engine.Step;
import platform.deepseek.inference.sampling.Sampler;
import platform.deepseek.inference.sampling.SamplingParams;

/** The device's sampler by itself: random logits, many steps, every row with a seed of its own. */
public final class SamplerTiming implements AutoCloseable {

  private static final int WARM_UP = 20;

  /** Different choices that are told one by one. */
  private static final int SHOWN = 4;

  /**
   * @param queuedMicros a step when the next is queued before it is done, as in an engine that is
   *     never late: kernels, upload and download of what is chosen
   * @param aloneMicros a step from its queueing until the host has the tokens
   * @param different rows of the last step for which the host's sampler chooses another token
   */
  public record Result(double queuedMicros, double aloneMicros, int different) {}

  private final Device device;
  private final int rows;
  private final int vocabulary;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment logits;
  private final long logitsThere;
  private final long last;

  /**
   * @param device the caller's
   * @param deviation of the logits, which are normal: 4 is like a model's, 1 is flat
   */
  public SamplerTiming(Device device, int rows, int vocabulary, double deviation) {
    this.device = device;
    this.rows = rows;
    this.vocabulary = vocabulary;
    long bytes = (long) rows * vocabulary * Short.BYTES;
    logits = device.pinned(arena, bytes);
    Random random = new Random(vocabulary);
    for (long i = 0; i < (long) rows * vocabulary; i++) {
      float value = (float) (deviation * random.nextGaussian());
      logits.setAtIndex(ValueLayout.JAVA_SHORT, i, Float.floatToFloat16(value));
    }
    logitsThere = device.allocate(bytes);
    last = device.allocate((long) rows * Integer.BYTES);
    device.upload(logitsThere, logits);
    device.synchronize();
  }

  public Result measure(SamplingParams params, int rounds) {
    List<Step.Entry> entries =
        IntStream.range(0, rows)
            .mapToObj(slot -> new Step.Entry(sequence(slot, params), 0, 1, true, false))
            .toList();
    int[] logitRows = IntStream.range(0, rows).toArray();
    try (DeviceSampler sampler = new DeviceSampler(device, rows, vocabulary)) {
      double[] alone = new double[rounds];
      DeviceSampler.Pending pending = null;
      for (int round = -WARM_UP; round < rounds; round++) {
        long begun = System.nanoTime();
        pending = sampler.sample(entries, logitRows, logitsThere, last);
        pending.await();
        alone[Math.max(0, round)] = (System.nanoTime() - begun) / 1e3;
      }
      int different = different(entries, pending);
      long begun = System.nanoTime();
      DeviceSampler.Pending previous = sampler.sample(entries, logitRows, logitsThere, last);
      for (int round = 1; round < rounds; round++) {
        DeviceSampler.Pending next = sampler.sample(entries, logitRows, logitsThere, last);
        previous.await();
        previous = next;
      }
      previous.await();
      double queued = (System.nanoTime() - begun) / 1e3 / rounds;
      return new Result(queued, Arrays.stream(alone).sorted().toArray()[rounds / 2], different);
    }
  }

  @Override
  public void close() {
    device.synchronize();
    device.free(logitsThere);
    device.free(last);
    arena.close();
  }

  private int different(List<Step.Entry> entries, DeviceSampler.Pending pending) {
    Sampler host = new Sampler();
    int different = 0;
    try (Arena own = Arena.ofConfined()) {
      MemorySegment row = own.allocate(ValueLayout.JAVA_FLOAT, vocabulary);
      for (int i = 0; i < entries.size(); i++) {
        for (int t = 0; t < vocabulary; t++) {
          short value = logits.getAtIndex(ValueLayout.JAVA_SHORT, (long) i * vocabulary + t);
          row.setAtIndex(ValueLayout.JAVA_FLOAT, t, Float.float16ToFloat(value));
        }
        Sequence sequence = entries.get(i).sequence();
        int right =
            host.sample(row, vocabulary, sequence.sampling(), sequence.history(), null).token();
        int found = pending.get(i).token();
        if (found != right && different++ < SHOWN) {
          System.out.printf(
              "row %d: the device chose %d (%.4f), the host %d (%.4f)%n",
              i,
              found,
              row.getAtIndex(ValueLayout.JAVA_FLOAT, found),
              right,
              row.getAtIndex(ValueLayout.JAVA_FLOAT, right));
        }
      }
    }
    return different;
  }

  private static Sequence sequence(int slot, SamplingParams params) {
    SamplingParams own =
        new SamplingParams(
            params.temperature(),
            params.topK(),
            params.topP(),
            params.minP(),
            params.presencePenalty(),
            params.frequencyPenalty(),
            params.repetitionPenalty(),
            params.logitBias(),
            params.seed() + slot,
            params.topLogprobs());
    Sequence sequence =
        new Sequence(
            new GenerationRequest(
                new int[] {1}, 8, own, Set.of(), "", false, Duration.ofMinutes(1)),
            16);
    sequence.start(slot, 0);
    return sequence;
  }
}
