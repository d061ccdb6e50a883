package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What can be measured of a new revision; the metric's name in the custom metrics API. */
public enum CanaryMetric {
  @JsonProperty("ErrorRate")
  ERROR_RATE("deepseek_error_ratio"),
  @JsonProperty("TtftP95Millis")
  TTFT_P95_MILLIS("deepseek_time_to_first_token_p95_milliseconds"),
  @JsonProperty("GoldenAnswers")
  GOLDEN_ANSWERS("deepseek_golden_answers_ratio");

  private final String metricName;

  CanaryMetric(String metricName) {
    this.metricName = metricName;
  }

  public String metricName() {
    return metricName;
  }
}
