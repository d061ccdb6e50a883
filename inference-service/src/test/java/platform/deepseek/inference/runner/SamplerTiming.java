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

/** The device's sampler by itself: random logits, many steps. */
public final class SamplerTiming {

  private static final int SPREAD = 4;
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

  private SamplerTiming() {}

  /** Measures on a device that is the caller's. */
  public static Result measure(
      Device device, int rows, int vocabulary, SamplingParams params, int rounds) {
    List<Step.Entry> entries =
        IntStream.range(0, rows)
            .mapToObj(slot -> new Step.Entry(sequence(slot, params), 0, 1, true, false))
            .toList();
    int[] logitRows = IntStream.range(0, rows).toArray();
    long bytes = (long) rows * vocabulary * Short.BYTES;
    try (Arena arena = Arena.ofShared();
        DeviceSampler sampler = new DeviceSampler(device, rows, vocabulary)) {
      MemorySegment logits = device.pinned(arena, bytes);
      Random random = new Random(vocabulary);
      for (long i = 0; i < (long) rows * vocabulary; i++) {
        float value = (float) (SPREAD * random.nextGaussian());
        logits.setAtIndex(ValueLayout.JAVA_SHORT, i, Float.floatToFloat16(value));
      }
      long there = device.allocate(bytes);
      long last = device.allocate((long) rows * Integer.BYTES);
      device.upload(there, logits);
      device.synchronize();
      double[] alone = new double[rounds];
      DeviceSampler.Pending pending = null;
      for (int round = -WARM_UP; round < rounds; round++) {
        long begun = System.nanoTime();
        pending = sampler.sample(entries, logitRows, there, last);
        pending.await();
        alone[Math.max(0, round)] = (System.nanoTime() - begun) / 1e3;
      }
      int different = different(entries, logits, vocabulary, pending);
      long begun = System.nanoTime();
      DeviceSampler.Pending previous = sampler.sample(entries, logitRows, there, last);
      for (int round = 1; round < rounds; round++) {
        DeviceSampler.Pending next = sampler.sample(entries, logitRows, there, last);
        previous.await();
        previous = next;
      }
      previous.await();
      double queued = (System.nanoTime() - begun) / 1e3 / rounds;
      device.free(there);
      device.free(last);
      return new Result(queued, Arrays.stream(alone).sorted().toArray()[rounds / 2], different);
    }
  }

  private static int different(
      List<Step.Entry> entries,
      MemorySegment logits,
      int vocabulary,
      DeviceSampler.Pending pending) {
    Sampler host = new Sampler();
    int different = 0;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment row = arena.allocate(ValueLayout.JAVA_FLOAT, vocabulary);
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
    Sequence sequence =
        new Sequence(
            new GenerationRequest(
                new int[] {1}, 8, params, Set.of(), "", false, Duration.ofMinutes(1)),
            16);
    sequence.start(slot, 0);
    return sequence;
  }
}
