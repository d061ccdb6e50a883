package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;

/** Steps of traffic for a new revision and the checks it has to pass. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "self.steps[size(self.steps) - 1].weight == 100",
    message = "the last of rollout.canary.steps must have weight 100")
@ValidationRule(
    value =
        "self.steps.all(a, self.steps.filter(b, b.weight == a.weight).size() == 1) &&"
            + " self.steps.map(s, s.weight).isSorted()",
    message = "the weights of rollout.canary.steps must rise from step to step")
public record Canary(
    @JsonPropertyDescription("Shares of traffic, rising, the last 100.")
        @Required
        @Size(min = 1, max = 10)
        List<CanaryStep> steps,
    @JsonPropertyDescription("Checks of the new revision while it takes traffic.") @Default("{}")
        CanaryAnalysis analysis,
    @JsonPropertyDescription(
            "Rollback takes the traffic back by itself; Pause holds the weight for a person.")
        @Default("Rollback")
        OnFailure onFailure) {}
