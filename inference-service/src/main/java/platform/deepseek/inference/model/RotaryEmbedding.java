package platform.deepseek.inference.model;

/**
 * How positions turn queries and keys.
 *
 * @param base theta
 * @param inverseFrequencies radians per position for each pair of channels, scaling included; half
 *     the head's dimensions
 */
public record RotaryEmbedding(double base, float[] inverseFrequencies) {

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

  private static RotaryEmbedding of(double base, double[] frequencies) {
    var rounded = new float[frequencies.length];
    for (int i = 0; i < rounded.length; i++) {
      rounded[i] = (float) frequencies[i];
    }
    return new RotaryEmbedding(base, rounded);
  }
}
