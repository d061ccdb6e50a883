package platform.deepseek.operator.preflight;

import java.util.Optional;
import platform.deepseek.operator.resource.DeepSeekDeploymentSpec;
import platform.deepseek.operator.resource.EngineType;

/** Whether the engine can spread a replica as the spec says. */
final class TopologyCheck {

  private TopologyCheck() {}

  /** What is wrong, and what to write instead. */
  static Optional<String> of(DeepSeekDeploymentSpec spec) {
    var topology = spec.topology();
    var splits = topology.tensor() > 1 || topology.pipeline() > 1 || topology.expert() > 1;
    return splits && spec.engine().type() == EngineType.NATIVE
        ? Optional.of(
            "engine.type Native has the whole model on every GPU; write topology.data %d in place of tensor, pipeline and expert, or use engine.type VLLM or SGLang"
                .formatted(spec.gpuIfAny().map(gpu -> gpu.count()).orElse(1)))
        : Optional.empty();
  }
}
