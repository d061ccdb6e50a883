package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What a rollout does when there may be no free GPU for one more replica. */
public enum SpareCapacity {
  @JsonProperty("Availability")
  AVAILABILITY,
  @JsonProperty("ResourceAware")
  RESOURCE_AWARE
}
