package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Pod security standards. */
public enum PodSecurity {
  @JsonProperty("Restricted")
  RESTRICTED,
  @JsonProperty("Baseline")
  BASELINE
}
