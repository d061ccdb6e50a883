package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.crd.generator.annotation.PreserveUnknownFields;
import io.fabric8.generator.annotation.Size;
import io.fabric8.kubernetes.api.model.Toleration;
import java.util.List;
import java.util.Map;

/** Where pods may run, beyond what gpu already asks for. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Scheduling(
    @JsonPropertyDescription("Labels a node has to carry.") Map<String, String> nodeSelector,
    @JsonPropertyDescription("Taints that pods stand, besides that of GPUs.") @Size(max = 32)
        List<Toleration> tolerations,
    @JsonPropertyDescription("Affinity of pods, word for word.") @PreserveUnknownFields
        JsonNode affinity,
    @JsonPropertyDescription("Scheduler of the pods.") @Size(max = 253) String schedulerName,
    @JsonPropertyDescription("RuntimeClass of the pods.") @Size(max = 253)
        String runtimeClassName) {

  public Map<String, String> nodeSelectorOrNone() {
    return nodeSelector == null ? Map.of() : nodeSelector;
  }

  public List<Toleration> tolerationsOrNone() {
    return tolerations == null ? List.of() : tolerations;
  }
}
