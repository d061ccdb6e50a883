package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.Optional;

/** The GPUs of one node of one replica. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "!has(self.mig) || self.allocation == 'DevicePlugin'",
    message = "gpu.mig needs gpu.allocation DevicePlugin; with DRA the device class says it")
public record Gpu(
    @JsonPropertyDescription(
            "Class of GPU by the operator's configuration, for example H200 or L4.")
        @JsonProperty("class")
        @Required
        @Size(min = 1, max = 63)
        String gpuClass,
    @JsonPropertyDescription("GPUs of one node of one replica.") @Default("1") @Min(1) @Max(64)
        Integer count,
    @JsonPropertyDescription(
            "DevicePlugin asks for an extended resource, DRA for a ResourceClaim of a device class.")
        @Default("DevicePlugin")
        GpuAllocation allocation,
    @JsonPropertyDescription("A slice of a GPU instead of a whole one.") Mig mig) {

  public Optional<Mig> migIfAny() {
    return Optional.ofNullable(mig);
  }
}
