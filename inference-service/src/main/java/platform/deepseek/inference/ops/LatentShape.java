package platform.deepseek.inference.ops;

import java.util.List;

/**
 * What latent attention must know of a model.
 *
 * @param layers the products inside attention, layer by layer
 * @param rank width of the latent, a multiple of 16
 * @param contentDim channels of a head's query that are not turned, a multiple of 8
 * @param rotaryDim channels that are turned, a multiple of 16
 * @param valueDim channels of a head's value, a multiple of 8
 * @param scoreScale what scores are multiplied with
 * @param context positions that a slot holds
 * @param epsilon of the norms
 * @param inverseFrequencies rotaryDim / 2 rotary frequencies, scaling applied
 * @param magnitude what turned channels are multiplied with besides
 */
public record LatentShape(
    List<Layer> layers,
    int heads,
    int rank,
    int contentDim,
    int rotaryDim,
    int valueDim,
    float scoreScale,
    int context,
    float epsilon,
    float[] inverseFrequencies,
    double magnitude)
    implements AttentionShape {

  /**
   * The products of one layer.
   *
   * @param keys of each head: from a query's content to what it asks of latents [rank, contentDim]
   * @param values of each head: from a weighed latent to the head's value [valueDim, rank]
   */
  public record Layer(WeightMatrix keys, WeightMatrix values) implements AutoCloseable {
    @Override
    public void close() {
      keys.close();
      values.close();
    }
  }

  public LatentShape {
    layers = List.copyOf(layers);
    boolean fits =
        rank % 16 == 0 && rotaryDim % 16 == 0 && contentDim % 8 == 0 && valueDim % 8 == 0;
    if (!fits) {
      throw new IllegalArgumentException(
          ("latent attention needs kv_lora_rank and qk_rope_head_dim in multiples of 16 and"
                  + " qk_nope_head_dim and v_head_dim in multiples of 8, not %d, %d, %d, %d")
              .formatted(rank, rotaryDim, contentDim, valueDim));
    }
  }

  /** Values of a token in the cache of a layer: the latent, then the turned key. */
  int width() {
    return rank + rotaryDim;
  }
}
