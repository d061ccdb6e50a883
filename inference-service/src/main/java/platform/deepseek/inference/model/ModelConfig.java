package platform.deepseek.inference.model;

import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import platform.deepseek.inference.model.ModelException.Code;
import platform.deepseek.inference.weights.GgufFile;

/**
 * The shape of a decoder, read from what is published with its weights.
 *
 * @param hidden width of the residual stream
 * @param intermediate width inside the feed-forward part
 * @param heads query heads; {@code heads * headDim} need not be {@code hidden}
 * @param kvHeads key and value heads, a divisor of {@code heads}
 * @param context positions that the model was made for (max_position_embeddings)
 * @param attentionBias whether q, k and v products have biases
 * @param qkNorm whether each head of q and k is normalised before it is turned
 * @param tiedEmbeddings whether the head's matrix is the embedding's
 * @param bos id that begins a text, where the model names one
 * @param eos ids that end an answer, without duplicates, possibly none
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
    List<Integer> eos) {

  /** Reads config.json and, where there is one, generation_config.json of a folder. */
  public static ModelConfig fromHuggingFace(Path folder) {
    return new HuggingFaceConfig(folder).read();
  }

  /** Reads the metadata of a GGUF file. */
  public static ModelConfig fromGguf(GgufFile file) {
    return new GgufConfig(file).read();
  }

  /** Rows of the query product. */
  public int queryRows() {
    return heads * headDim;
  }

  /** Rows of the key product, and of the value product. */
  public int keyRows() {
    return kvHeads * headDim;
  }

  /** The same config if its numbers fit together. */
  ModelConfig checked(Path source) {
    if (heads % kvHeads != 0) {
      throw invalid(source, heads + " heads are not a multiple of " + kvHeads + " kv heads");
    }
    if (headDim % 2 != 0) {
      throw invalid(source, "head_dim " + headDim + " is odd, rotary positions need pairs");
    }
    if ((long) heads * headDim > Integer.MAX_VALUE / 4) {
      throw invalid(source, heads + " heads of " + headDim + " are too many");
    }
    if (!(rmsNormEps > 0 && rmsNormEps < 1)) {
      throw invalid(source, "rms_norm_eps " + rmsNormEps + " is not between 0 and 1");
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
