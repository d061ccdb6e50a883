package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What becomes of downloaded files when their resource is deleted. */
public enum Retention {
  @JsonProperty("Retain")
  RETAIN,
  @JsonProperty("Delete")
  DELETE
}
