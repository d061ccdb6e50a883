package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;

/** How the operator serves less than the spec asks for, because the spec's numbers do not work. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RemedyStatus(
    @JsonPropertyDescription("Revision of the spec that did not work; another one ends the remedy.")
        String revision,
    @JsonPropertyDescription("Steps taken so far.") Integer steps,
    @JsonPropertyDescription("In place of model.maxConcurrency.") Integer maxConcurrency,
    @JsonPropertyDescription("In place of topology.tensor.") Integer tensor,
    @JsonPropertyDescription("In place of gpu.count.") Integer gpuCount,
    @JsonPropertyDescription("When the last step was taken.") String since,
    @JsonPropertyDescription("What was done and why.") String message) {}
