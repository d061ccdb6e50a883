package platform.deepseek.inference.runner;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.model.OnnxGraph;
import platform.deepseek.inference.model.WeightRole;
import platform.deepseek.inference.ort.CustomOperator;
import platform.deepseek.inference.ort.ElementType;
import platform.deepseek.inference.ort.ExecutionProvider;
import platform.deepseek.inference.ort.KernelContext;
import platform.deepseek.inference.ort.KernelInfo;
import platform.deepseek.inference.ort.OperatorDomain;
import platform.deepseek.inference.ort.OperatorKernel;

/**
 * The operators of {@link CudaGraph} that are kernels of our own.
 *
 * <p>An operator's computation is an upcall that only launches a kernel on the device's stream, on
 * which ONNX Runtime queues its products too, so all of it happens in order. While a graph is
 * captured the launches are recorded; its replays never enter Java.
 *
 * <p>The graph names the rows that flow from node to node. Where a kernel finds anything else, the
 * batch of the moment, the cache and the small weights, it is told here.
 */
final class CudaOperators implements AutoCloseable {

  /** Attribute: which layer's or which norm's a node is, or how wide its rows are. */
  static final String INDEX = "index";

  /** Attribute: a quantised matrix's first role, by its ordinal. */
  static final String ROLE = "role";

  private final ModelConfig config;
  private final CudaPrecision precision;
  private final SmallProducts products;
  private final ElementwiseKernels elementwise;
  private final List<RowOperators> ofRows;
  private final CudaWeights weights;
  private final long lastTokens;
  private final Arena arena = Arena.ofShared();
  private final OperatorDomain domain;
  private CudaBatch batch;
  private long hiddenStates;

  /**
   * @param products of the format of the weights' matrices
   * @param ofRows attention, and experts where there are any
   * @param lastTokens address of the token that each slot's last step sampled
   */
  CudaOperators(
      ExecutionProvider provider,
      ModelConfig config,
      CudaPrecision precision,
      List<RowOperators> ofRows,
      CudaWeights weights,
      SmallProducts products,
      ElementwiseKernels elementwise,
      long lastTokens) {
    this.config = config;
    this.precision = precision;
    this.ofRows = ofRows;
    this.weights = weights;
    this.products = products;
    this.lastTokens = lastTokens;
    this.elementwise = elementwise;
    this.domain = OperatorDomain.create(arena, OnnxGraph.DEEPSEEK, provider, operators());
  }

  OperatorDomain domain() {
    return domain;
  }

  /**
   * Tells which rows the next run has.
   *
   * @param hiddenStates address for the hidden states that the batch asks for, float32
   */
  void begin(CudaBatch batch, long hiddenStates) {
    this.batch = batch;
    ofRows.forEach(operators -> operators.begin(batch));
    this.hiddenStates = hiddenStates;
  }

  private List<CustomOperator> operators() {
    ElementType numbers = precision.elementType;
    ElementType residual = ElementType.FLOAT;
    List<CustomOperator> all = new ArrayList<>();
    ofRows.forEach(operators -> all.addAll(operators.operators()));
    all.addAll(
        List.of(
            operator("Embed", List.of(ElementType.INT32), List.of(residual), info -> this::embed),
            operator("Norm", List.of(residual), List.of(numbers), info -> this::norm),
            operator(
                "AddNorm", List.of(residual, numbers), List.of(numbers, residual), this::addNorm),
            operator("SwiGlu", List.of(numbers), List.of(numbers), this::swiGlu),
            operator("Dequantize", List.of(numbers), List.of(numbers), this::dequantize),
            operator(
                "Select",
                List.of(numbers, residual, ElementType.INT32),
                List.of(precision.head().elementType),
                info -> this::select)));
    return all;
  }

  static CustomOperator operator(
      String name,
      List<ElementType> inputs,
      List<ElementType> outputs,
      Function<KernelInfo, OperatorKernel> kernels) {
    return new CustomOperator(name, inputs, 0, outputs, kernels);
  }

  private void embed(KernelContext context) {
    int rows = context.rows(0);
    elementwise.embed(
        context.output(0, rows, config.hidden()),
        weights.address(WeightRole.EMBEDDING, 0),
        batch.idsAddress(),
        batch.slotsAddress(),
        lastTokens,
        config.hidden(),
        rows);
  }

  /** The first norm; the residual stream goes on as it is. */
  private void norm(KernelContext context) {
    int rows = context.rows(0);
    elementwise.addNorm(
        context.output(0, rows, config.hidden()),
        0,
        context.input(0),
        0,
        gamma(CudaNorms.attention(0)),
        config.rmsNormEps(),
        config.hidden(),
        rows);
  }

  private OperatorKernel addNorm(KernelInfo info) {
    long gamma = gamma(info.attribute(INDEX));
    return context -> {
      int rows = context.rows(0);
      elementwise.addNorm(
          context.output(0, rows, config.hidden()),
          context.output(1, rows, config.hidden()),
          context.input(0),
          context.input(1),
          gamma,
          config.rmsNormEps(),
          config.hidden(),
          rows);
    };
  }

  private long gamma(int norm) {
    return weights.address(CudaNorms.role(norm, config), CudaNorms.layer(norm, config));
  }

  private OperatorKernel swiGlu(KernelInfo info) {
    int width = info.attribute(INDEX);
    return context -> {
      int rows = context.rows(0);
      elementwise.swiglu(context.output(0, rows, width), context.input(0), width, rows);
    };
  }

  private OperatorKernel dequantize(KernelInfo info) {
    DeviceMatrix matrix =
        weights.matrix(WeightRole.values()[info.attribute(ROLE)], info.attribute(INDEX));
    return context ->
        products.dequantize(context.output(0, matrix.outputs(), matrix.inputs()), matrix);
  }

  /** Hidden states leave on the side: nearly no run has any, and a graph's output must exist. */
  private void select(KernelContext context) {
    int outputs = context.rows(2);
    elementwise.selectRows(
        context.output(0, outputs, config.hidden()),
        context.input(0),
        context.input(2),
        config.hidden(),
        outputs);
    if (batch.hidden() > 0) {
      elementwise.selectHidden(
          hiddenStates, context.input(1), batch.hiddenAddress(), config.hidden(), batch.hidden());
    }
  }

  /** After the session is closed. */
  @Override
  public void close() {
    arena.close();
  }
}
