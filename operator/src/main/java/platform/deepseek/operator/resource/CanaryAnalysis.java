package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** How a new revision is judged while it takes traffic. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value =
        "!has(self.goldenAnswers) ||"
            + " (has(self.checks) && self.checks.exists(c, c.metric == 'GoldenAnswers'))",
    message =
        "rollout.canary.analysis.goldenAnswers needs a check of metric GoldenAnswers, which says"
            + " how many have to be right")
public record CanaryAnalysis(
    @JsonPropertyDescription("Seconds between two looks.") @Default("60") @Min(1) @Max(3600)
        Integer intervalSeconds,
    @JsonPropertyDescription("Failed looks, in all, that end the rollout.")
        @Default("3")
        @Min(1)
        @Max(100)
        Integer failureLimit,
    @JsonPropertyDescription("What is measured.") @Size(max = 10) List<CanaryCheck> checks,
    @JsonPropertyDescription(
            "What the operator asks the new revision for the metric GoldenAnswers. Left out: the"
                + " metric is read like the others.")
        GoldenAnswers goldenAnswers) {

  public Duration interval() {
    return Duration.ofSeconds(intervalSeconds);
  }

  public List<CanaryCheck> checksOrNone() {
    return checks == null ? List.of() : checks;
  }

  public Optional<GoldenAnswers> goldenAnswersIfAny() {
    return Optional.ofNullable(goldenAnswers);
  }
}
