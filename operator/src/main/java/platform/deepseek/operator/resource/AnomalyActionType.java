package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonProperty;

/** The kinds of what can follow an anomaly. */
public enum AnomalyActionType {
  /** A message in Slack's format. */
  @JsonProperty("webhook")
  WEBHOOK,
  /** A ticket as JSON. */
  @JsonProperty("ticket")
  TICKET,
  /** The operator mends it: a quarter of the batch first, then more tensor parallelism. */
  @JsonProperty("remediate")
  REMEDIATE
}
