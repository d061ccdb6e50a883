package platform.deepseek.inference.model;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import platform.deepseek.inference.model.ModelException.Code;
import platform.deepseek.inference.weights.Checkpoint;
import platform.deepseek.inference.weights.DType;
import platform.deepseek.inference.weights.Dequantizer;
import platform.deepseek.inference.weights.GgufFile;
import platform.deepseek.inference.weights.Tensor;

/**
 * A model's tensors by role, every one checked against the model's shape, and their rows in one
 * order whatever the file.
 *
 * <p>Rotary positions turn pairs of channels. Hugging Face checkpoints pair channel i of a head
 * with channel i + headDim / 2; GGUF files of the llama architecture store the rows of q and k so
 * that the two are neighbours. Here rows are always numbered in Hugging Face's order. Because a row
 * is whole blocks also in a quantised matrix, moving rows moves bytes only and loses nothing.
 */
public final class ModelWeights {

  private final ModelConfig config;
  private final boolean pairsAreNeighbours;
  private final Map<WeightRole, List<Tensor>> tensors = new EnumMap<>(WeightRole.class);

  /**
   * Finds and checks all tensors.
   *
   * @throws ModelException if one is missing, has another shape, holds integers, or has no place in
   *     the architecture (a bias that nobody adds, say)
   */
  public ModelWeights(ModelConfig config, Checkpoint checkpoint) {
    this.config = config;
    boolean gguf = checkpoint instanceof GgufFile;
    this.pairsAreNeighbours = gguf && config.architecture() == Architecture.LLAMA;
    var used = new HashSet<String>();
    for (var role : WeightRole.values()) {
      if (role.presentIn(config)) {
        var ofRole = new ArrayList<Tensor>();
        for (int layer = 0; layer < (role.perLayer() ? config.layers() : 1); layer++) {
          var source =
              role == WeightRole.HEAD && config.tiedEmbeddings() ? WeightRole.EMBEDDING : role;
          String name = gguf ? source.ggufName(layer) : source.huggingFaceName(layer);
          ofRole.add(find(checkpoint, name, role));
          used.add(name);
        }
        tensors.put(role, List.copyOf(ofRole));
      }
    }
    refuseUnused(checkpoint, used);
  }

  public ModelConfig config() {
    return config;
  }

  /** Whether the model has tensors of this role. */
  public boolean has(WeightRole role) {
    return tensors.containsKey(role);
  }

  /** The tensor of a role that is not per layer. */
  public Tensor tensor(WeightRole role) {
    return tensor(role, 0);
  }

  /**
   * The tensor as the file stores it; its rows are in the canonical order only if {@link #inOrder}.
   *
   * @param layer 0 for roles that are not per layer
   */
  public Tensor tensor(WeightRole role, int layer) {
    var ofRole = tensors.get(role);
    if (ofRole == null) {
      throw new IllegalArgumentException(config.architecture() + " here has no " + role);
    }
    return ofRole.get(layer);
  }

  /** Whether the file stores the rows in canonical order, so that its bytes can be used as is. */
  public boolean inOrder(WeightRole role) {
    return switch (role) {
      case Q, K, Q_BIAS, K_BIAS -> !pairsAreNeighbours;
      case EMBEDDING,
          FINAL_NORM,
          HEAD,
          ATTENTION_NORM,
          V,
          O,
          V_BIAS,
          Q_NORM,
          K_NORM,
          MLP_NORM,
          GATE,
          UP,
          DOWN ->
          true;
    };
  }

  /**
   * The row of the stored tensor that holds row {@code row} in canonical order; for biases the
   * element.
   */
  public int sourceRow(WeightRole role, int row) {
    if (inOrder(role)) {
      return row;
    }
    int half = config.headDim() / 2;
    int within = row % config.headDim();
    return row - within + 2 * (within % half) + within / half;
  }

  /** The stored bytes of a row in canonical order. */
  public MemorySegment rowBytes(WeightRole role, int layer, int row) {
    var tensor = tensor(role, layer);
    long bytes = tensor.dtype().bytes(tensor.columns());
    return tensor.data().asSlice(sourceRow(role, row) * bytes, bytes);
  }

  /** A row in canonical order as float32, into {@code target} from {@code offset} on. */
  public void row(WeightRole role, int layer, int row, float[] target, int offset) {
    Dequantizer.row(tensor(role, layer), sourceRow(role, row), target, offset);
  }

  /** A norm's weights or a bias as float32, in canonical order. */
  public float[] vector(WeightRole role, int layer) {
    var tensor = tensor(role, layer);
    if (tensor.shape().length != 1) {
      throw new IllegalArgumentException(role + " is a matrix");
    }
    var stored = Dequantizer.row(tensor, 0);
    var ordered = new float[stored.length];
    for (int i = 0; i < ordered.length; i++) {
      ordered[i] = stored[sourceRow(role, i)];
    }
    return ordered;
  }

  private Tensor find(Checkpoint checkpoint, String name, WeightRole role) {
    var tensor = checkpoint.tensors().get(name);
    if (tensor == null) {
      throw new ModelException(
          Code.TENSOR_MISSING,
          anyFile(checkpoint),
          "has no tensor %s (%s); is the checkpoint complete and of this architecture (%s)?"
              .formatted(name, role, config.architecture()));
    }
    var expected = role.shape(config);
    if (!Arrays.equals(tensor.shape(), expected)) {
      throw new ModelException(
          Code.TENSOR_MISMATCHED,
          tensor.file(),
          "tensor %s must have shape %s by the model's config, it has %s"
              .formatted(name, Arrays.toString(expected), Arrays.toString(tensor.shape())));
    }
    if (Set.of(DType.I32, DType.I64, DType.U8).contains(tensor.dtype())) {
      throw new ModelException(
          Code.TENSOR_MISMATCHED,
          tensor.file(),
          "tensor %s holds %s, weights must be floating-point or quantised"
              .formatted(name, tensor.dtype()));
    }
    return tensor;
  }

  private void refuseUnused(Checkpoint checkpoint, Set<String> used) {
    for (var name : checkpoint.tensors().keySet()) {
      // Stored by some writers, and derived from the config here.
      boolean derived = name.endsWith("rotary_emb.inv_freq") || name.equals("rope_freqs.weight");
      boolean tiedHead = config.tiedEmbeddings() && name.equals("lm_head.weight");
      if (!used.contains(name) && !derived && !tiedHead) {
        throw new ModelException(
            Code.TENSOR_UNEXPECTED,
            checkpoint.tensors().get(name).file(),
            "tensor %s has no place in %s with %d layers; without it answers would be wrong"
                .formatted(name, config.architecture(), config.layers()));
      }
    }
  }

  private static Path anyFile(Checkpoint checkpoint) {
    return checkpoint.tensors().values().stream()
        .map(Tensor::file)
        .findFirst()
        .orElse(Path.of("checkpoint"));
  }
}
