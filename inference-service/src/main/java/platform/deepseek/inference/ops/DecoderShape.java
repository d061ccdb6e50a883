package platform.deepseek.inference.ops;

/**
 * What attention with keys and values of its own for each head group must know of a model.
 *
 * @param headSize a multiple of 16
 * @param context positions that a slot holds
 * @param epsilon of the norms
 * @param inverseFrequencies headSize / 2 rotary frequencies, scaling applied
 * @param magnitude what turned channels are multiplied with besides
 */
public record DecoderShape(
    int layers,
    int heads,
    int kvHeads,
    int headSize,
    int context,
    float epsilon,
    float[] inverseFrequencies,
    double magnitude)
    implements AttentionShape {

  public DecoderShape {
    if (headSize % AttentionKernel.BLOCK != 0) {
      throw new IllegalArgumentException(
          "attention needs a head size in multiples of 16, not %d".formatted(headSize));
    }
  }
}
