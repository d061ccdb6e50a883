package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import java.time.Duration;
import java.util.List;

/** How a new revision is judged while it takes traffic. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record CanaryAnalysis(
    @JsonPropertyDescription("Seconds between two looks.") @Default("60") @Min(1) @Max(3600)
        Integer intervalSeconds,
    @JsonPropertyDescription("Failed looks, in all, that end the rollout.")
        @Default("3")
        @Min(1)
        @Max(100)
        Integer failureLimit,
    @JsonPropertyDescription("What is measured.") @Size(max = 10) List<CanaryCheck> checks) {

  public Duration interval() {
    return Duration.ofSeconds(intervalSeconds);
  }

  public List<CanaryCheck> checksOrNone() {
    return checks == null ? List.of() : checks;
  }
}
