package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What the operator does about the namespace's quota. */
public enum QuotaMode {
  @JsonProperty("Off")
  OFF,
  @JsonProperty("Check")
  CHECK,
  @JsonProperty("Manage")
  MANAGE
}
