package platform.deepseek.inference.model;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import platform.deepseek.inference.model.ModelException.Code;
import platform.deepseek.inference.weights.BlockScales;
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
 * that the two are neighbours, and so do DeepSeek's own checkpoints with the turned part of queries
 * and of the key. Here rows are always numbered in Hugging Face's order, but that in the matrix
 * from latents to keys and values the keys of all heads come first. Because a row is whole blocks
 * also in a quantised matrix, moving rows moves bytes only and loses nothing. A GGUF file has all
 * experts of a layer in one tensor; here each has its own, a part of the mapped bytes.
 */
public final class ModelWeights {

  private final ModelConfig config;
  private final boolean pairsAreNeighbours;
  private final Map<Place, Tensor> tensors = new HashMap<>();

  /** Which tensor of the model it is; layer and expert are 0 where there is only one. */
  private record Place(WeightRole role, int layer, int expert) {}

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
      for (int layer = 0; layer < (role.perLayer() ? config.layers() : 1); layer++) {
        int count = role.perExpert() && config.sparse(layer) ? experts() : 1;
        for (int expert = 0; role.presentIn(config, layer) && expert < count; expert++) {
          var source =
              role == WeightRole.HEAD && config.tiedEmbeddings() ? WeightRole.EMBEDDING : role;
          var tensor =
              gguf
                  ? stored(checkpoint, source.ggufName(layer), role, used)
                  : find(
                      checkpoint,
                      source.huggingFaceName(layer, expert),
                      role,
                      role.shape(config),
                      used);
          tensors.put(
              new Place(role, layer, expert),
              role.perExpert() && gguf ? tensor.part(expert) : tensor);
        }
      }
    }
    refuseUnused(checkpoint, used);
  }

  public ModelConfig config() {
    return config;
  }

  /** Whether the model has tensors of this role, in some layer at least. */
  public boolean has(WeightRole role) {
    return role.presentIn(config);
  }

  private int experts() {
    return config.mixture().orElseThrow().experts();
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
    return tensor(role, layer, 0);
  }

  /**
   * The same of an expert.
   *
   * @param expert 0 for roles that are not per expert
   */
  public Tensor tensor(WeightRole role, int layer, int expert) {
    var tensor = tensors.get(new Place(role, layer, expert));
    if (tensor == null) {
      throw new IllegalArgumentException(
          "%s here has no %s in layer %d".formatted(config.architecture(), role, layer));
    }
    return tensor;
  }

  /** Whether the file stores the rows in canonical order, so that its bytes can be used as is. */
  public boolean inOrder(WeightRole role) {
    return switch (role) {
      case Q -> !pairsAreNeighbours && config.latent().isEmpty();
      case K, Q_BIAS, K_BIAS -> !pairsAreNeighbours;
      case Q_B, KV_A, KV_B -> config.latent().isEmpty();
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
          DOWN,
          Q_A,
          Q_A_NORM,
          KV_A_NORM,
          K_B,
          V_B,
          ROUTER,
          ROUTER_BIAS,
          EXPERT_GATE,
          EXPERT_UP,
          EXPERT_DOWN,
          SHARED_GATE,
          SHARED_UP,
          SHARED_DOWN ->
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
    if (config.latent().isEmpty()) {
      return neighbour(row, config.headDim(), 0);
    }
    LatentAttention latent = config.latent().get();
    return switch (role) {
      case KV_A -> neighbour(row, latent.cachedValues(), latent.rank());
      case KV_B -> keyOrValue(row, latent);
      default -> neighbour(row, latent.queryDim(), latent.contentDim());
    };
  }

  /** Files have a head's key and then its value; the canonical order has all keys first. */
  private int keyOrValue(int row, LatentAttention latent) {
    int content = latent.contentDim();
    int value = latent.valueDim();
    int keys = config.heads() * content;
    return row < keys
        ? row / content * (content + value) + row % content
        : (row - keys) / value * (content + value) + content + (row - keys) % value;
  }

  /**
   * Where the channel is stored whose pair is half the turned channels away, if stored pairs are
   * neighbours.
   *
   * @param size rows of a head
   * @param first of them that is turned
   */
  private static int neighbour(int row, int size, int first) {
    int within = row % size;
    if (within < first) {
      return row;
    }
    int half = (size - first) / 2;
    int turned = within - first;
    return row - turned + 2 * (turned % half) + turned / half;
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

  /** A tensor of a GGUF file: of all experts, or with the heads' rows one below the other. */
  private Tensor stored(Checkpoint checkpoint, String name, WeightRole role, Set<String> used) {
    var tensor = find(checkpoint, name, role, role.ggufShape(config), used);
    return role.perExpert() ? tensor : tensor.reshaped(role.shape(config));
  }

  private Tensor find(
      Checkpoint checkpoint, String name, WeightRole role, long[] expected, Set<String> used) {
    used.add(name);
    var tensor = checkpoint.tensors().get(name);
    if (tensor == null) {
      throw new ModelException(
          Code.TENSOR_MISSING,
          anyFile(checkpoint),
          "has no tensor %s (%s); is the checkpoint complete and of this architecture (%s)?"
              .formatted(name, role, config.architecture()));
    }
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
    return tensor.dtype() == DType.F8_E4M3 ? scaled(checkpoint, tensor, used) : tensor;
  }

  /** Numbers of 8 bits mean nothing without the factors of their blocks. */
  private Tensor scaled(Checkpoint checkpoint, Tensor tensor, Set<String> used) {
    String name = tensor.name() + "_scale_inv";
    var factors = checkpoint.tensors().get(name);
    var block = config.layout().scaledBlocks();
    if (factors == null || block.isEmpty() || tensor.shape().length != 2) {
      throw new ModelException(
          Code.UNSUPPORTED,
          tensor.file(),
          ("tensor %s holds %s: supported are matrices with %s and"
                  + " quantization_config.weight_block_size")
              .formatted(tensor.name(), tensor.dtype(), name));
    }
    var expected =
        new long[] {
          Math.ceilDiv(tensor.rows(), block.get().rows()),
          Math.ceilDiv(tensor.columns(), block.get().columns())
        };
    if (factors.dtype() != DType.F32 || !Arrays.equals(factors.shape(), expected)) {
      throw new ModelException(
          Code.TENSOR_MISMATCHED,
          factors.file(),
          "tensor %s must be F32 of shape %s, it is %s of shape %s"
              .formatted(
                  name,
                  Arrays.toString(expected),
                  factors.dtype(),
                  Arrays.toString(factors.shape())));
    }
    used.add(name);
    return tensor.scaledBy(new BlockScales(block.get().rows(), block.get().columns(), factors));
  }

  private void refuseUnused(Checkpoint checkpoint, Set<String> used) {
    for (var name : checkpoint.tensors().keySet()) {
      // Stored by some writers, and derived from the config here.
      boolean derived =
          name.endsWith("rotary_emb.inv_freq")
              || name.equals("rope_freqs.weight")
              || halfOfWhole(name);
      boolean tiedHead = config.tiedEmbeddings() && name.equals("lm_head.weight");
      if (!used.contains(name) && !derived && !tiedHead && !predictsFurther(name)) {
        throw new ModelException(
            Code.TENSOR_UNEXPECTED,
            checkpoint.tensors().get(name).file(),
            "tensor %s has no place in %s with %d layers; without it answers would be wrong"
                .formatted(name, config.architecture(), config.layers()));
      }
    }
  }

  /** Whether the tensor belongs to a layer behind the last one that the config speaks of. */
  private boolean predictsFurther(String name) {
    int last = config.layers() + config.layout().predictionLayers();
    return IntStream.range(config.layers(), last)
        .anyMatch(
            layer ->
                name.startsWith("model.layers." + layer + ".")
                    || name.startsWith("blk." + layer + "."));
  }

  /** Some programs wrote the halves beside the whole that they are made of. */
  private boolean halfOfWhole(String name) {
    return has(WeightRole.KV_B)
        && IntStream.range(0, config.layers())
            .anyMatch(
                layer ->
                    name.equals(WeightRole.K_B.ggufName(layer))
                        || name.equals(WeightRole.V_B.ggufName(layer)));
  }

  private static Path anyFile(Checkpoint checkpoint) {
    return checkpoint.tensors().values().stream()
        .map(Tensor::file)
        .findFirst()
        .orElse(Path.of("checkpoint"));
  }
}
