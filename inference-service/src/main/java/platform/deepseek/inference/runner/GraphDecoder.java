package platform.deepseek.inference.runner;

import java.lang.foreign.Arena;
import java.util.Map;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.ort.ElementType;
import platform.deepseek.inference.ort.OrtBinding;
import platform.deepseek.inference.ort.OrtMemory;
import platform.deepseek.inference.ort.OrtRunOptions;
import platform.deepseek.inference.ort.OrtSession;
import platform.deepseek.inference.ort.OrtTensor;

/** Decodes any rows: a session of {@link CudaGraph} with its weights bound. */
final class GraphDecoder implements AutoCloseable {

  private final ModelConfig config;
  private final OrtMemory memory;
  private final ElementType logitsType;
  private final CudaOperators operators;
  private final OrtSession session;
  private final OrtBinding binding;
  private final Arena arena = Arena.ofShared();
  private final OrtRunOptions runOptions;

  /**
   * @param weights bound to the graph's inputs
   * @param operators closed with the decoder
   */
  GraphDecoder(
      Accelerator accelerator,
      ModelConfig config,
      CudaNumbers numbers,
      CudaWeights weights,
      CudaOperators operators) {
    this.config = config;
    this.memory = accelerator.memory();
    this.logitsType = numbers.elements().head().elementType;
    this.operators = operators;
    CudaGraph graph = new CudaGraph(config, numbers);
    this.session = accelerator.sessions().load(graph.toBytes(), operators.domain());
    this.binding = session.binding();
    graph.weights().forEach((name, weight) -> bind(name, weight, weights));
    // Nobody waits inside a run: what follows is queued behind it.
    this.runOptions =
        OrtRunOptions.of(arena, Map.of("disable_synchronize_execution_providers", "1"));
  }

  private void bind(String name, CudaGraph.WeightInput input, CudaWeights weights) {
    CudaWeight weight = input.weight();
    long address = weights.address(weight.roles().getFirst(), weight.layer()) + input.offset();
    try (Arena call = Arena.ofConfined()) {
      binding.input(
          name, OrtTensor.at(call, memory, address, weight.type().elementType, input.dimensions()));
    }
  }

  /**
   * Queues a run, kernel by kernel.
   *
   * @param logits where those go that the batch wants, [wanted][vocabulary]
   * @param hiddenStates likewise, float32 [hidden][hidden size]
   */
  void run(CudaBatch batch, long logits, long hiddenStates) {
    operators.begin(batch, hiddenStates);
    // A run needs some output, and a piece of a prompt may ask for none.
    int outputs = Math.max(1, batch.wanted());
    try (Arena call = Arena.ofConfined()) {
      binding.input(
          CudaGraph.IDS,
          OrtTensor.at(call, memory, batch.idsAddress(), ElementType.INT32, batch.rows()));
      binding.input(
          CudaGraph.WANTED,
          OrtTensor.at(call, memory, batch.wantedAddress(), ElementType.INT32, outputs));
      binding.output(
          CudaGraph.LOGITS,
          OrtTensor.at(call, memory, logits, logitsType, outputs, config.vocabulary()));
      binding.run(runOptions);
    }
  }

  @Override
  public void close() {
    session.close();
    operators.close();
    arena.close();
  }
}
