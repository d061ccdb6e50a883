package platform.deepseek.inference.ops;

/** What attention must know of a model, by its kind. */
public sealed interface AttentionShape permits DecoderShape, LatentShape {

  /** Of the norms. */
  float epsilon();
}
