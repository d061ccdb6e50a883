package platform.deepseek.inference.runner;

import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;
import java.util.Random;
import platform.deepseek.inference.model.OnnxGraph;
import platform.deepseek.inference.ort.OperatorDomain;
import platform.deepseek.inference.ort.OrtBinding;
import platform.deepseek.inference.ort.OrtRunOptions;
import platform.deepseek.inference.ort.OrtSession;
import platform.deepseek.inference.ort.OrtTensor;

/** Time of ONNX Runtime's own mixture of experts, com.microsoft MoE, for comparison. */
public final class OrtExpertsTiming {

  private static final int ROUNDS = 20;

  private OrtExpertsTiming() {}

  /**
   * Microseconds of a layer for each number of rows, routing included.
   *
   * @param accelerator closed in the end
   */
  public static double[] micros(
      Accelerator accelerator,
      CudaPrecision precision,
      int experts,
      int chosen,
      int hidden,
      int intermediate,
      int[] rows) {
    OnnxGraph graph = new OnnxGraph("experts");
    graph.input("x", precision.graphType, "rows", hidden);
    graph.input("router", precision.graphType, "rows", experts);
    graph.input("gate_up", precision.graphType, experts, 2 * intermediate, hidden);
    graph.input("down", precision.graphType, experts, hidden, intermediate);
    graph
        .node(
            "MoE", OnnxGraph.MICROSOFT, List.of("x", "router", "gate_up", "", "down"), List.of("y"))
        .attribute("k", chosen)
        .attribute("activation_type", "swiglu")
        .attribute("swiglu_fusion", 2)
        .attribute("normalize_routing_weights", 0);
    graph.output("y", precision.graphType, "rows", hidden);
    double[] micros = new double[rows.length];
    Random random = new Random(5);
    try (Arena arena = Arena.ofShared();
        DeviceNumbers numbers = new DeviceNumbers(accelerator.device(), precision)) {
      OperatorDomain none =
          OperatorDomain.create(arena, OnnxGraph.DEEPSEEK, accelerator.provider(), List.of());
      OrtSession session = accelerator.sessions().load(graph.toBytes(), none);
      OrtBinding binding = session.binding();
      OrtRunOptions options =
          OrtRunOptions.of(arena, Map.of("disable_synchronize_execution_providers", "1"));
      long matrix = (long) experts * intermediate * hidden;
      var gateUp = numbers.pattern(2 * matrix, 1 / Math.sqrt(hidden), random);
      var down = numbers.pattern(matrix, 1 / Math.sqrt(intermediate), random);
      for (int i = 0; i < rows.length; i++) {
        var x = numbers.pattern((long) rows[i] * hidden, 1, random);
        var router = numbers.pattern((long) rows[i] * experts, 1, random);
        var y = numbers.pattern((long) rows[i] * hidden, Double.NaN, random);
        binding.input("x", tensor(arena, accelerator, precision, x, rows[i], hidden));
        binding.input("router", tensor(arena, accelerator, precision, router, rows[i], experts));
        binding.input(
            "gate_up",
            tensor(arena, accelerator, precision, gateUp, experts, 2L * intermediate, hidden));
        binding.input(
            "down", tensor(arena, accelerator, precision, down, experts, hidden, intermediate));
        binding.output("y", tensor(arena, accelerator, precision, y, rows[i], hidden));
        micros[i] = DeviceNumbers.micros(accelerator.device(), ROUNDS, () -> binding.run(options));
      }
      session.close();
    }
    accelerator.device().close();
    return micros;
  }

  private static OrtTensor tensor(
      Arena arena,
      Accelerator accelerator,
      CudaPrecision precision,
      DeviceNumbers.Pattern numbers,
      long... shape) {
    return OrtTensor.at(
        arena, accelerator.memory(), numbers.address(), precision.elementType, shape);
  }
}
