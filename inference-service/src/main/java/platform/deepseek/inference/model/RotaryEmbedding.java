package platform.deepseek.inference.model;

/**
 * How positions turn queries and keys.
 *
 * @param base theta
 * @param inverseFrequencies radians per position for each pair of channels, scaling included; half
 *     the head's dimensions
 * @param magnitude what turned channels are multiplied with besides
 */
public record RotaryEmbedding(double base, float[] inverseFrequencies, double magnitude) {

  /** Frequencies before any scaling: base to the power of -2i / dimensions. */
  static double[] plainFrequencies(double base, int dimensions) {
    var frequencies = new double[dimensions / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = Math.pow(base, -2.0 * i / dimensions);
    }
    return frequencies;
  }

  static RotaryEmbedding plain(double base, int dimensions) {
    return of(base, plainFrequencies(base, dimensions));
  }

  /** Positions are squeezed by {@code factor}. */
  static RotaryEmbedding linear(double base, int dimensions, double factor) {
    var frequencies = plainFrequencies(base, dimensions);
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] /= factor;
    }
    return of(base, frequencies);
  }

  /** Each plain frequency is divided by its own factor, as GGUF's rope_freqs.weight says. */
  static RotaryEmbedding divided(double base, int dimensions, float[] factors) {
    var frequencies = plainFrequencies(base, dimensions);
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] /= factors[i];
    }
    return of(base, frequencies);
  }

  /**
   * Llama 3.1's scaling: wave lengths beyond the original context are stretched, short ones are
   * kept, those between are blended.
   */
  static RotaryEmbedding llama3(
      double base,
      int dimensions,
      double factor,
      double lowFrequencyFactor,
      double highFrequencyFactor,
      double originalContext) {
    var frequencies = plainFrequencies(base, dimensions);
    for (int i = 0; i < frequencies.length; i++) {
      double plain = frequencies[i];
      double turns = originalContext * plain / (2 * Math.PI);
      double kept =
          Math.clamp(
              (turns - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor), 0.0, 1.0);
      frequencies[i] = (1 - kept) * plain / factor + kept * plain;
    }
    return of(base, frequencies);
  }

  /**
   * YaRN (arXiv 2309.00071): channels that turn more than {@code fastTurns} times within the
   * original context are kept, those that turn less than {@code slowTurns} times are squeezed by
   * {@code factor}, those between are blended.
   */
  static RotaryEmbedding yarn(
      double base,
      int dimensions,
      double factor,
      double originalContext,
      double fastTurns,
      double slowTurns,
      double magnitude) {
    double low = Math.floor(channelOf(fastTurns, base, dimensions, originalContext));
    double high = Math.ceil(channelOf(slowTurns, base, dimensions, originalContext));
    low = Math.max(low, 0);
    high = Math.min(high, dimensions - 1);
    double width = high == low ? 0.001 : high - low;
    var frequencies = plainFrequencies(base, dimensions);
    for (int i = 0; i < frequencies.length; i++) {
      double squeezed = Math.clamp((i - low) / width, 0.0, 1.0);
      frequencies[i] = squeezed * frequencies[i] / factor + (1 - squeezed) * frequencies[i];
    }
    return new RotaryEmbedding(base, rounded(frequencies), magnitude);
  }

  /** The pair of channels, as a fraction, that turns so many times within the original context. */
  private static double channelOf(
      double turns, double base, int dimensions, double originalContext) {
    return dimensions * Math.log(originalContext / (turns * 2 * Math.PI)) / (2 * Math.log(base));
  }

  private static RotaryEmbedding of(double base, double[] frequencies) {
    return new RotaryEmbedding(base, rounded(frequencies), 1);
  }

  private static float[] rounded(double[] frequencies) {
    var rounded = new float[frequencies.length];
    for (int i = 0; i < rounded.length; i++) {
      rounded[i] = (float) frequencies[i];
    }
    return rounded;
  }
}
