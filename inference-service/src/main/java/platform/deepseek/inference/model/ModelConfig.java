package platform.deepseek.inference.model;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import platform.deepseek.inference.model.ModelException.Code;
import platform.deepseek.inference.weights.GgufFile;

/**
 * The shape of a decoder, read from what is published with its weights.
 *
 * @param hidden width of the residual stream
 * @param intermediate width inside the feed-forward part of a dense layer
 * @param heads query heads; {@code heads * headDim} need not be {@code hidden}
 * @param kvHeads key and value heads, a divisor of {@code heads}; 1 with latent attention
 * @param context positions that the model was made for (max_position_embeddings)
 * @param attentionBias whether q, k and v products have biases
 * @param qkNorm whether each head of q and k is normalised before it is turned
 * @param tiedEmbeddings whether the head's matrix is the embedding's
 * @param bos id that begins a text, where the model names one
 * @param eos ids that end an answer, without duplicates, possibly none
 * @param latent attention over latents instead of keys and values
 * @param mixture experts, where layers have them
 */
public record ModelConfig(
    Architecture architecture,
    int layers,
    int hidden,
    int intermediate,
    int heads,
    int kvHeads,
    int headDim,
    int vocabulary,
    int context,
    float rmsNormEps,
    RotaryEmbedding rope,
    boolean attentionBias,
    boolean qkNorm,
    boolean tiedEmbeddings,
    OptionalInt bos,
    List<Integer> eos,
    Optional<LatentAttention> latent,
    Optional<MixtureOfExperts> mixture,
    CheckpointLayout layout) {

  /** A decoder whose layers are all dense and whose heads keep keys and values. */
  public ModelConfig(
      Architecture architecture,
      int layers,
      int hidden,
      int intermediate,
      int heads,
      int kvHeads,
      int headDim,
      int vocabulary,
      int context,
      float rmsNormEps,
      RotaryEmbedding rope,
      boolean attentionBias,
      boolean qkNorm,
      boolean tiedEmbeddings,
      OptionalInt bos,
      List<Integer> eos) {
    this(
        architecture,
        layers,
        hidden,
        intermediate,
        heads,
        kvHeads,
        headDim,
        vocabulary,
        context,
        rmsNormEps,
        rope,
        attentionBias,
        qkNorm,
        tiedEmbeddings,
        bos,
        eos,
        Optional.empty(),
        Optional.empty(),
        CheckpointLayout.PLAIN);
  }

  /** Reads config.json and, where there is one, generation_config.json of a folder. */
  public static ModelConfig fromHuggingFace(Path folder) {
    return new HuggingFaceConfig(folder).read();
  }

  /** Reads the metadata of a GGUF file. */
  public static ModelConfig fromGguf(GgufFile file) {
    return new GgufConfig(file).read();
  }

  /** Opens a GGUF file for its metadata alone. */
  public static ModelConfig fromGguf(Path path) {
    try (GgufFile file = GgufFile.open(path)) {
      return fromGguf(file);
    }
  }

  /** Rows of the query product. */
  public int queryRows() {
    return heads * headDim;
  }

  /** Columns of the output product: the values of all query heads. */
  public int attendedColumns() {
    return heads * latent.map(LatentAttention::valueDim).orElse(headDim);
  }

  /** Rows of the key product, and of the value product. */
  public int keyRows() {
    return kvHeads * headDim;
  }

  /** Values that a token leaves in the cache, all layers together. */
  public long cachedValues() {
    return layers
        * latent.map(l -> (long) l.cachedValues()).orElseGet(() -> 2L * kvHeads * headDim);
  }

  /** Whether a layer has experts. */
  public boolean sparse(int layer) {
    return mixture.isPresent() && mixture.get().in(layer);
  }

  /** The same config if its numbers fit together. */
  ModelConfig checked(Path source) {
    if (heads % kvHeads != 0) {
      throw invalid(source, heads + " heads are not a multiple of " + kvHeads + " kv heads");
    }
    if (latent.isEmpty() && headDim % 2 != 0) {
      throw invalid(source, "head_dim " + headDim + " is odd, rotary positions need pairs");
    }
    if ((long) heads * headDim > Integer.MAX_VALUE / 4) {
      throw invalid(source, heads + " heads of " + headDim + " are too many");
    }
    if (!(rmsNormEps > 0 && rmsNormEps < 1)) {
      throw invalid(source, "rms_norm_eps " + rmsNormEps + " is not between 0 and 1");
    }
    if (latent.isPresent() && latent.get().rotaryDim() % 2 != 0) {
      throw invalid(source, "qk_rope_head_dim is odd, rotary positions need pairs");
    }
    if (!(rope.magnitude() > 0) || Double.isInfinite(rope.magnitude())) {
      throw invalid(source, "the rope parameters give the magnitude " + rope.magnitude());
    }
    for (float frequency : rope.inverseFrequencies()) {
      if (!(frequency > 0) || Float.isInfinite(frequency)) {
        throw invalid(source, "the rope parameters give the frequency " + frequency);
      }
    }
    return this;
  }

  private static ModelException invalid(Path source, String what) {
    return new ModelException(Code.CONFIG_INVALID, source, what);
  }
}
