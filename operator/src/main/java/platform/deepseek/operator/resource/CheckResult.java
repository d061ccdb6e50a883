package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;

/** One check, as it came out last. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record CheckResult(
    @JsonPropertyDescription("What was measured.") CanaryMetric metric,
    @JsonPropertyDescription("The value; left out when nothing could be measured.") String value,
    @JsonPropertyDescription("Whether it lies within the bounds.") Boolean passed,
    @JsonPropertyDescription("What was wrong, for checks that can say it.") String message) {

  /** A value that says all there is to say. */
  public CheckResult(CanaryMetric metric, String value, Boolean passed) {
    this(metric, value, passed, null);
  }
}
