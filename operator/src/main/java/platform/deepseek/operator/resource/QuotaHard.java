package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Min;
import io.fabric8.kubernetes.api.model.Quantity;

/** What a namespace may request in all. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record QuotaHard(
    @JsonPropertyDescription("GPUs: requests.nvidia.com/gpu.") @Min(0) Integer gpus,
    @JsonPropertyDescription("CPU: requests.cpu.") Quantity cpu,
    @JsonPropertyDescription("Memory: requests.memory.") Quantity memory) {}
