package platform.deepseek.inference.runner;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.model.WeightRole;
import platform.deepseek.inference.ops.BlockFormat;

/**
 * Weights that lie together on the device: tensors of these roles, one below the other; of experts,
 * all roles of the first, then all of the next.
 *
 * @param layer 0 for roles that are not per layer
 * @param shape [outputs, inputs] of a matrix, [outputs] of a norm or bias
 * @param type of its numbers, and where they are quantised, of what is made of them
 * @param format how its numbers lie
 */
record CudaWeight(
    String name,
    int layer,
    List<WeightRole> roles,
    List<Long> shape,
    CudaPrecision type,
    WeightFormat format) {

  private static final int ALIGNMENT = 256;

  /** Matrices of a layer, as far as it has them; those of one input lie together. */
  private static final List<Matrix> MATRICES =
      List.of(
          Matrix.of("qkv", WeightRole.Q, WeightRole.K, WeightRole.V),
          Matrix.of("q_a", WeightRole.Q_A),
          Matrix.of("q_b", WeightRole.Q_B),
          Matrix.of("kv_a", WeightRole.KV_A),
          Matrix.of("kv_b", WeightRole.KV_B),
          Matrix.of("k_b", WeightRole.K_B),
          Matrix.of("v_b", WeightRole.V_B),
          Matrix.of("o", WeightRole.O),
          Matrix.of("gate_up", WeightRole.GATE, WeightRole.UP),
          Matrix.of("down", WeightRole.DOWN),
          Matrix.of("router", WeightRole.ROUTER),
          Matrix.of("expert_gate_up", WeightRole.EXPERT_GATE, WeightRole.EXPERT_UP),
          Matrix.of("expert_down", WeightRole.EXPERT_DOWN),
          Matrix.of("shared_gate_up", WeightRole.SHARED_GATE, WeightRole.SHARED_UP),
          Matrix.of("shared_down", WeightRole.SHARED_DOWN));

  /** A matrix of a layer by its parts. */
  private record Matrix(String name, List<WeightRole> roles) {

    static Matrix of(String name, WeightRole... roles) {
      return new Matrix(name, List.of(roles));
    }

    /** The parts that a layer has. */
    WeightRole[] in(ModelConfig config, int layer) {
      return roles.stream()
          .filter(role -> role.presentIn(config, layer))
          .toArray(WeightRole[]::new);
    }

    /** The router's choice among nearly equal experts should not depend on the precision. */
    CudaNumbers kind(CudaNumbers numbers) {
      return roles.contains(WeightRole.ROUTER)
          ? CudaNumbers.published(CudaPrecision.FP32)
          : numbers;
    }
  }

  /**
   * Numbers, scales or minimums of a quantised weight: all rows of one, then all of the next.
   *
   * @param offset bytes from the weight's beginning
   */
  record Section(long offset, long rowBytes) {}

  /** A weight of the model's shape in numbers of a type. */
  static CudaWeight of(
      ModelConfig config, CudaPrecision type, String name, int layer, WeightRole... roles) {
    return of(config, CudaNumbers.published(type), name, layer, roles);
  }

  /**
   * A matrix of the model's shape, quantised or not.
   *
   * @throws IllegalArgumentException its rows cannot be cut into the format's blocks
   */
  static CudaWeight of(
      ModelConfig config, CudaNumbers numbers, String name, int layer, WeightRole... roles) {
    List<Long> shape = List.of();
    long rows = 0;
    for (WeightRole role : roles) {
      long[] part = role.shape(config);
      rows += copies(role, config) * part[0];
      shape = part.length == 1 ? List.of(rows) : List.of(rows, part[1]);
    }
    WeightFormat format = numbers.format(roles[0], config);
    if (format.quantized() && shape.getLast() % BlockFormat.BLOCK != 0) {
      throw new IllegalArgumentException(
          "rows of %s have %d numbers, and PRECISION=%s needs a multiple of %d; set PRECISION=fp16"
              .formatted(
                  name,
                  shape.getLast(),
                  format.name().toLowerCase(Locale.ROOT),
                  BlockFormat.BLOCK));
    }
    return new CudaWeight(name, layer, List.of(roles), shape, numbers.elements(), format);
  }

  /**
   * All weights of a model as our kernels and products read them: norms and biases in float32,
   * matrices of one input as one. A tied head is the embedding itself where both are of one type.
   *
   * @param numbers of the layers' matrices; what is not quantised is of their elements' type
   * @param head the type of the head's matrix: fp16 where logits are made in fp16
   */
  static List<CudaWeight> all(ModelConfig config, CudaNumbers numbers, CudaPrecision head) {
    List<CudaWeight> weights = new ArrayList<>();
    weights.add(of(config, numbers.elements(), "embedding", 0, WeightRole.EMBEDDING));
    for (int layer = 0; layer < config.layers(); layer++) {
      String name = "layer" + layer + ".";
      int of = layer;
      vectors(config, layer)
          .forEach(role -> weights.add(of(config, CudaPrecision.FP32, name + key(role), of, role)));
      if (config.attentionBias()) {
        weights.add(
            of(
                config,
                CudaPrecision.FP32,
                name + "qkv_bias",
                layer,
                WeightRole.Q_BIAS,
                WeightRole.K_BIAS,
                WeightRole.V_BIAS));
      }
      for (Matrix matrix : MATRICES) {
        WeightRole[] roles = matrix.in(config, layer);
        if (roles.length > 0) {
          weights.add(of(config, matrix.kind(numbers), name + matrix.name(), layer, roles));
        }
      }
    }
    weights.add(of(config, CudaPrecision.FP32, "final_norm", 0, WeightRole.FINAL_NORM));
    if (!config.tiedEmbeddings() || head != numbers.elements()) {
      weights.add(of(config, head, "head", 0, WeightRole.HEAD));
    }
    return weights;
  }

  /** The vectors of a layer that stand alone. */
  private static Stream<WeightRole> vectors(ModelConfig config, int layer) {
    return Stream.of(
            WeightRole.ATTENTION_NORM,
            WeightRole.MLP_NORM,
            WeightRole.Q_NORM,
            WeightRole.K_NORM,
            WeightRole.Q_A_NORM,
            WeightRole.KV_A_NORM,
            WeightRole.ROUTER_BIAS)
        .filter(role -> role.presentIn(config, layer));
  }

  /** How many tensors of a role a layer has: one, or one for each expert. */
  static int copies(WeightRole role, ModelConfig config) {
    return role.perExpert() ? config.mixture().orElseThrow().experts() : 1;
  }

  private static String key(WeightRole role) {
    return role.name().toLowerCase(Locale.ROOT);
  }

  long elements() {
    return shape.stream().reduce(1L, Math::multiplyExact);
  }

  /** Bytes of some of its numbers, of quantised ones without scales. */
  long numberBytes(long numbers) {
    return format.quantized() ? numbers * format.bits / Byte.SIZE : numbers * type.bytes();
  }

  /**
   * Where what a quantised weight consists of lies: numbers, scales, and minimums if it has any.
   */
  List<Section> sections() {
    long inputs = shape.get(1);
    List<Section> sections = new ArrayList<>();
    sections.add(new Section(0, numberBytes(inputs)));
    for (int factor = 0; factor < format.factors; factor++) {
      sections.add(
          new Section(aligned(end(sections.getLast())), inputs / BlockFormat.BLOCK * Short.BYTES));
    }
    return sections;
  }

  private long end(Section section) {
    return section.offset() + shape.getFirst() * section.rowBytes();
  }

  private static long aligned(long bytes) {
    return Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT;
  }

  /** Bytes on the device. */
  long bytes() {
    return format.quantized() ? end(sections().getLast()) : numberBytes(elements());
  }

  /** This matrix where it lies. */
  DeviceMatrix matrix(long address) {
    int outputs = Math.toIntExact(shape.get(0));
    int inputs = Math.toIntExact(shape.get(1));
    if (!format.quantized()) {
      return DeviceMatrix.published(address, outputs, inputs);
    }
    List<Section> parts = sections();
    return new DeviceMatrix(
        format,
        address,
        address + parts.get(1).offset(),
        format.hasMinimums() ? address + parts.get(2).offset() : 0,
        outputs,
        inputs);
  }

  long[] dimensions() {
    return shape.stream().mapToLong(Long::longValue).toArray();
  }
}
