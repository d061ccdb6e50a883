package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonProperty;

/** One word for people. */
public enum Phase {
  @JsonProperty("Pending")
  PENDING,
  @JsonProperty("Downloading")
  DOWNLOADING,
  @JsonProperty("Starting")
  STARTING,
  @JsonProperty("Progressing")
  PROGRESSING,
  @JsonProperty("Ready")
  READY,
  @JsonProperty("Degraded")
  DEGRADED,
  @JsonProperty("Failed")
  FAILED,
  @JsonProperty("Sleeping")
  SLEEPING,
  @JsonProperty("Paused")
  PAUSED
}
