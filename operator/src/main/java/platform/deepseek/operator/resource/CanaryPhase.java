package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonProperty;

/** States of a change by canary or blue/green. */
public enum CanaryPhase {
  /** Replicas of the new revision start; it takes no traffic. */
  @JsonProperty("Starting")
  STARTING,
  /** It takes its step's share and is checked. */
  @JsonProperty("Analysing")
  ANALYSING,
  /** It takes all; the stable replicas are being replaced behind it. */
  @JsonProperty("Promoting")
  PROMOTING,
  /** Checks failed and a person decides. */
  @JsonProperty("Paused")
  PAUSED,
  /** The stable revision takes all; the spec's revision is refused until it changes. */
  @JsonProperty("RolledBack")
  ROLLED_BACK
}
