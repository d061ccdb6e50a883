package platform.deepseek.inference.runner;

/**
 * The bytes of one packed row of parameters: struct View of sampling_rows.cuh. Offsets into the
 * side list count ints.
 */
final class SamplingView {
  static final int BYTES = 96;

  static final int ROW = 0;
  static final int FLAGS = 4;
  static final int TEMPERATURE = 8;
  static final int TOP_K = 12;
  static final int TOP_P = 16;
  static final int MIN_P = 20;
  static final int REPETITION = 24;
  static final int PRESENCE = 28;
  static final int FREQUENCY = 32;
  static final int POSITION = 36;
  static final int SEED = 40;
  static final int SLOT = 48;
  static final int TOP = 52;
  static final int RECORD = 56;
  static final int ADJUSTED = 60;
  static final int REPEATED = 64;
  static final int REPEATED_COUNT = 68;
  static final int GENERATED = 72;
  static final int GENERATED_COUNT = 76;
  static final int BIASES = 80;
  static final int BIAS_COUNT = 84;
  static final int MASK = 88;

  /** Temperature 0: the largest logit. */
  static final int GREEDY = 1;

  /** The logits are changed first. */
  static final int IS_ADJUSTED = 2;

  static final int IS_MASKED = 4;

  static final int HAS_TOP_K = 8;

  /** Alternatives that a record can hold. */
  static final int MOST_TOP = 20;

  private SamplingView() {}
}
