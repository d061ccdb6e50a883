package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How a change of the spec reaches the replicas. */
public enum RolloutStrategy {
  @JsonProperty("Rolling")
  ROLLING,
  @JsonProperty("Recreate")
  RECREATE,
  @JsonProperty("Canary")
  CANARY,
  @JsonProperty("BlueGreen")
  BLUE_GREEN
}
