package platform.deepseek.inference.model;

/**
 * Multi-head latent attention (DeepSeek-V2, arXiv 2405.04434): keys and values of all heads are
 * products of one short latent vector per token, and positions turn a part of queries and keys that
 * has no other content.
 *
 * @param queryRank width of the compressed query; 0 where queries are made from the hidden state
 * @param rank width of the latent of keys and values
 * @param contentDim channels of a head's query and key that are not turned (qk_nope_head_dim)
 * @param rotaryDim channels that are turned; the key's are shared by all heads (qk_rope_head_dim)
 * @param valueDim channels of a head's value
 * @param scoreScale what scores are multiplied with
 */
public record LatentAttention(
    int queryRank, int rank, int contentDim, int rotaryDim, int valueDim, double scoreScale) {

  /** Values that a token leaves in the cache of a layer: the latent and the turned key. */
  public int cachedValues() {
    return rank + rotaryDim;
  }

  /** Channels of a head's query. */
  public int queryDim() {
    return contentDim + rotaryDim;
  }
}
