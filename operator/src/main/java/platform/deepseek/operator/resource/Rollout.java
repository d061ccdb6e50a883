package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.ValidationRule;
import java.time.Duration;
import java.util.Optional;

/** How a change of the spec reaches the replicas. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "self.strategy != 'Canary' || has(self.canary)",
    message = "rollout.strategy Canary needs rollout.canary with its steps")
public record Rollout(
    @JsonPropertyDescription(
            "Rolling replaces replica by replica; Recreate stops all first; Canary moves traffic in"
                + " steps; BlueGreen moves it at once when as many new replicas are ready.")
        @Default("Rolling")
        RolloutStrategy strategy,
    @JsonPropertyDescription(
            "ResourceAware starts new replicas first where free GPUs and quota allow it, else stops"
                + " old ones first; Availability never stops first.")
        @Default("ResourceAware")
        SpareCapacity spareCapacity,
    @JsonPropertyDescription("Seconds without progress before a rollout counts as failed.")
        @Default("3600")
        @Min(10)
        @Max(86400)
        Integer progressDeadlineSeconds,
    @JsonPropertyDescription("Steps and checks of strategy Canary.") Canary canary) {

  /** What a canary is asked, where there is one and it is asked something. */
  public Optional<GoldenAnswers> goldenAnswersIfAny() {
    return Optional.ofNullable(canary).flatMap(it -> it.analysis().goldenAnswersIfAny());
  }

  public Duration progressDeadline() {
    return Duration.ofSeconds(progressDeadlineSeconds);
  }
}
