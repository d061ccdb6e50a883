package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What follows when a new revision fails its checks. */
public enum OnFailure {
  @JsonProperty("Rollback")
  ROLLBACK,
  @JsonProperty("Pause")
  PAUSE
}
