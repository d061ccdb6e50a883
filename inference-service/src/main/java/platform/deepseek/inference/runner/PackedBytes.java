package platform.deepseek.inference.runner;

import java.util.Comparator;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.model.ModelWeights;
import platform.deepseek.inference.model.WeightRole;
import platform.deepseek.inference.ops.BlockFormat;
import platform.deepseek.inference.ops.MatrixPacker;
import platform.deepseek.inference.weights.DType;
import platform.deepseek.inference.weights.Tensor;

/**
 * What becomes of a checkpoint's bytes on the processor: which stay the integers that they are,
 * which are quantised anew, and what that takes. No weight is read for it.
 */
public final class PackedBytes {

  private static final double MEBI = 1L << 20;

  /** In the order in which they are told. */
  private enum Fate {
    KEPT("exactly as"),
    QUANTISED("quantised to"),
    CONVERTED("converted to"),
    MAPPED("left in the file");

    private final String words;

    Fate(String words) {
      this.words = words;
    }
  }

  /**
   * @param form of which they become; empty where they stay
   */
  private record Kind(Fate fate, DType stored, String form) {

    static final Comparator<Kind> ORDER =
        Comparator.comparing(Kind::fate).thenComparing(Kind::stored).thenComparing(Kind::form);
  }

  private record Amount(long stored, long packed) {
    Amount plus(Amount more) {
      return new Amount(stored + more.stored, packed + more.packed);
    }
  }

  private final Map<Kind, Amount> amounts = new TreeMap<>(Kind.ORDER);
  private final ModelWeights weights;
  private final Precision precision;

  private PackedBytes(ModelWeights weights, Precision precision) {
    this.weights = weights;
    this.precision = precision;
    ModelConfig config = weights.config();
    for (WeightRole role : WeightRole.values()) {
      for (int layer = 0; layer < (role.perLayer() ? config.layers() : 1); layer++) {
        if (role.presentIn(config, layer)) {
          add(role, layer);
        }
      }
    }
  }

  public static PackedBytes of(ModelWeights weights, Precision precision) {
    return new PackedBytes(weights, precision);
  }

  private void add(WeightRole role, int layer) {
    Tensor first = weights.tensor(role, layer);
    if (role == WeightRole.EMBEDDING || usedInPlace(role, first)) {
      add(new Kind(Fate.MAPPED, first.dtype(), ""), first, 0);
    } else if (inFloat32(role)) {
      eachCopy(role, layer)
          .forEach(
              tensor ->
                  add(
                      new Kind(Fate.CONVERTED, tensor.dtype(), "float32"),
                      tensor,
                      tensor.elements() * Float.BYTES));
    } else {
      BlockFormat format = format(role, layer, first.dtype());
      eachCopy(role, layer)
          .forEach(
              tensor -> add(kind(role, tensor.dtype(), format), tensor, bytes(tensor, format)));
    }
  }

  private Stream<Tensor> eachCopy(WeightRole role, int layer) {
    int experts = role.perExpert() ? weights.config().mixture().orElseThrow().experts() : 1;
    return IntStream.range(0, experts).mapToObj(expert -> weights.tensor(role, layer, expert));
  }

  private void add(Kind kind, Tensor tensor, long packed) {
    amounts.merge(kind, new Amount(tensor.data().byteSize(), packed), Amount::plus);
  }

  private static Kind kind(WeightRole role, DType stored, BlockFormat format) {
    boolean kept = role != WeightRole.KV_B && MatrixPacker.keeps(format, stored);
    return new Kind(
        kept ? Fate.KEPT : Fate.QUANTISED, stored, format.name().toLowerCase(Locale.ROOT));
  }

  private static long bytes(Tensor tensor, BlockFormat format) {
    return format.bytes(tensor.elements());
  }

  private boolean inFloat32(WeightRole role) {
    return precision == Precision.FP32 || vector(role) || role == WeightRole.ROUTER;
  }

  /** Whether ONNX Runtime reads the matrix where the file has it. */
  private boolean usedInPlace(WeightRole role, Tensor tensor) {
    boolean ofGraph =
        switch (role) {
          case ROUTER, KV_B, K_B, V_B, EXPERT_GATE, EXPERT_UP, EXPERT_DOWN -> false;
          default -> !vector(role);
        };
    return precision == Precision.FP32
        && ofGraph
        && tensor.dtype() == DType.F32
        && weights.inOrder(role);
  }

  private boolean vector(WeightRole role) {
    return role.shape(weights.config()).length == 1;
  }

  private BlockFormat format(WeightRole role, int layer, DType stored) {
    return switch (role) {
      case KV_B, K_B, V_B -> BlockFormat.INT8;
      case EXPERT_GATE, EXPERT_UP ->
          ExpertWeights.format(
              weights, precision, layer, WeightRole.EXPERT_GATE, WeightRole.EXPERT_UP);
      case EXPERT_DOWN -> ExpertWeights.format(weights, precision, layer, WeightRole.EXPERT_DOWN);
      default -> precision.format(role, stored);
    };
  }

  /** One line: of each stored type its bytes, and what they become. */
  @Override
  public String toString() {
    return amounts.entrySet().stream()
        .map(entry -> words(entry.getKey(), entry.getValue()))
        .collect(Collectors.joining(", ", "weights in MiB: ", ""));
  }

  private static String words(Kind kind, Amount amount) {
    String stored = "%s %,.1f %s".formatted(kind.stored, amount.stored / MEBI, kind.fate.words);
    return kind.fate == Fate.MAPPED
        ? stored
        : "%s %s %,.1f".formatted(stored, kind.form, amount.packed / MEBI);
  }
}
