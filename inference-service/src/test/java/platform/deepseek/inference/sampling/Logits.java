package platform.deepseek.inference.sampling;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.Random;

/** Rows of logits, and parameters by their one property that matters. */
final class Logits {
  private Logits() {}

  static MemorySegment of(float... logits) {
    return Arena.ofAuto().allocateFrom(ValueLayout.JAVA_FLOAT, logits);
  }

  /** Normally distributed, as a model's are roughly. */
  static float[] random(long seed, int vocabulary, double spread) {
    var random = new Random(seed);
    float[] logits = new float[vocabulary];
    for (int i = 0; i < vocabulary; i++) {
      logits[i] = (float) (spread * random.nextGaussian());
    }
    return logits;
  }

  static SamplingParams draw(float temperature, int topK, float topP, float minP, long seed) {
    return new SamplingParams(temperature, topK, topP, minP, 0, 0, 1, Map.of(), seed, -1);
  }

  static SamplingParams penalties(float presence, float frequency, float repetition) {
    return new SamplingParams(0, 0, 1, 0, presence, frequency, repetition, Map.of(), 0, -1);
  }

  static SamplingParams bias(Map<Integer, Float> bias) {
    return new SamplingParams(0, 0, 1, 0, 0, 0, 1, bias, 0, -1);
  }

  static SamplingParams logprobs(int top) {
    return new SamplingParams(0, 0, 1, 0, 0, 0, 1, Map.of(), 0, top);
  }

  /** A history whose next position is {@code position}. */
  static TokenHistory at(int position) {
    var history = new TokenHistory(new int[] {0});
    for (int i = 0; i < position; i++) {
      history.add(0);
    }
    return history;
  }
}
