package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;

/** Who scales, between which bounds. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record AutoscalingStatus(
    @JsonPropertyDescription("HPA or KEDA.") AutoscalingBackend backend,
    @JsonPropertyDescription("Replicas the autoscaler wants.") Integer desired,
    @JsonPropertyDescription("Fewest.") Integer min,
    @JsonPropertyDescription("Most.") Integer max) {}
