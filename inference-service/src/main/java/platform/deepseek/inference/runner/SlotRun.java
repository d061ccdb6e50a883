package platform.deepseek.inference.runner;

import java.lang.foreign.Arena;
import java.util.Map;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.ort.OrtBinding;
import platform.deepseek.inference.ort.OrtMemory;
import platform.deepseek.inference.ort.OrtSession;
import platform.deepseek.inference.ort.OrtTensor;

/**
 * A binding of the graph to neighbouring slots. Weights are bound once; the cache's buffers are
 * bound again only when the run is over other slots than the one before.
 */
final class SlotRun {

  private final ModelConfig config;
  private final CudaPrecision precision;
  private final OrtMemory memory;
  private final CudaKvCache cache;
  private final OrtBinding binding;
  private int firstSlot = -1;
  private int slots;

  SlotRun(
      OrtSession session,
      ModelConfig config,
      CudaPrecision precision,
      OrtMemory memory,
      CudaKvCache cache,
      CudaWeights weights,
      RotaryCaches rotary) {
    this.config = config;
    this.precision = precision;
    this.memory = memory;
    this.cache = cache;
    this.binding = session.binding();
    for (Map.Entry<CudaWeight, Long> weight : weights.addresses().entrySet()) {
      input(weight.getKey().name(), weight.getValue(), weight.getKey().dimensions());
    }
    long[] angles = {cache.positions(), config.headDim() / 2};
    input(CudaGraph.COSINES, rotary.cosines(), angles);
    input(CudaGraph.SINES, rotary.sines(), angles);
  }

  OrtBinding binding() {
    return binding;
  }

  /** Binds the cache of slots [first, first + count): past and present are one buffer. */
  void over(int first, int count) {
    if (first == firstSlot && count == slots) {
      return;
    }
    firstSlot = -1;
    long[] shape = {count, config.kvHeads(), cache.positions(), config.headDim()};
    for (int layer = 0; layer < config.layers(); layer++) {
      shared(
          CudaGraph.pastKey(layer), CudaGraph.presentKey(layer), cache.keys(layer, first), shape);
      shared(
          CudaGraph.pastValue(layer),
          CudaGraph.presentValue(layer),
          cache.values(layer, first),
          shape);
    }
    firstSlot = first;
    slots = count;
  }

  private void shared(String past, String present, long address, long[] shape) {
    try (Arena call = Arena.ofConfined()) {
      OrtTensor tensor = OrtTensor.at(call, memory, address, precision.elementType, shape);
      binding.input(past, tensor);
      binding.output(present, tensor);
    }
  }

  private void input(String name, long address, long[] shape) {
    try (Arena call = Arena.ofConfined()) {
      binding.input(name, OrtTensor.at(call, memory, address, precision.elementType, shape));
    }
  }
}
