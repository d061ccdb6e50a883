package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How a model is reached from outside the cluster. */
public enum Expose {
  @JsonProperty("None")
  NONE,
  @JsonProperty("Ingress")
  INGRESS,
  @JsonProperty("Gateway")
  GATEWAY
}
