package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Whether an object of the Prometheus operator is made. */
public enum Monitoring {
  @JsonProperty("Auto")
  AUTO,
  @JsonProperty("Off")
  OFF
}
