package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.ValidationRule;

/** One measured value of a new revision and its bounds. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "has(self.max) || has(self.min)",
    message = "a canary check needs max or min")
public record CanaryCheck(
    @JsonPropertyDescription(
            "ErrorRate (0 to 1), TtftP95Millis, or GoldenAnswers (share of right ones, 0 to 1).")
        @Required
        CanaryMetric metric,
    @JsonPropertyDescription("Largest value that passes.") @Pattern("^[0-9]+(\\.[0-9]+)?$")
        String max,
    @JsonPropertyDescription("Smallest value that passes.") @Pattern("^[0-9]+(\\.[0-9]+)?$")
        String min) {

  /** Whether the measured value lies within the bounds. */
  public boolean passes(double value) {
    return (max == null || value <= Double.parseDouble(max))
        && (min == null || value >= Double.parseDouble(min));
  }
}
