package platform.deepseek.inference.engine;

import java.util.Arrays;
import platform.deepseek.inference.sampling.LogitMask;

/** What a {@link FakeRunner} computes: hashes of tokens. */
final class FakeModel {

  /** Different tokens that a repeating model says, and how often it says one out of line. */
  private static final int FEW = 5;

  private static final int OUT_OF_LINE = 11;

  private FakeModel() {}

  static void addHidden(double[] sum, int[] tokens, int from, int to) {
    for (int position = from; position < to; position++) {
      for (int i = 0; i < FakeRunner.EMBEDDING_LENGTH; i++) {
        sum[i] += next(tokens, position + 1, i) / 7.0;
      }
    }
  }

  static int next(int[] tokens, int length, long seed) {
    long hash = seed;
    for (int i = 0; i < length; i++) {
      hash = (hash ^ tokens[i]) * 0x9E3779B97F4A7C15L;
      hash ^= hash >>> 29;
    }
    return (int) Math.floorMod(hash, (long) FakeRunner.VOCABULARY);
  }

  /** The next token of a model that repeats itself. */
  static int repeated(int[] tokens, int length, long seed) {
    int whole = next(tokens, length, seed);
    int[] tail = Arrays.copyOfRange(tokens, Math.max(0, length - 2), length);
    return (whole % OUT_OF_LINE == 0 ? whole : next(tail, tail.length, seed)) % FEW;
  }

  /** With a penalty, a token that depends on all that was said. */
  static int penalized(int token, Sequence sequence) {
    if (sequence.sampling().frequencyPenalty() == 0) {
      return token;
    }
    return (token + 5 * sequence.history().position() + 3 * sequence.history().count(token))
        % FakeRunner.VOCABULARY;
  }

  /** The token itself, or the first after it that the mask allows. */
  static int nextAllowed(int token, LogitMask mask) {
    int allowed = token;
    while (mask != null && !mask.allows(allowed)) {
      allowed = (allowed + 1) % FakeRunner.VOCABULARY;
    }
    return allowed;
  }
}
