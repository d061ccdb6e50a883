package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Who changes the number of replicas. */
public enum AutoscalingBackend {
  @JsonProperty("Auto")
  AUTO,
  HPA,
  KEDA
}
