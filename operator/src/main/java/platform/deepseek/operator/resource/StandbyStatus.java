package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;

/** Where the traffic is while there is a standby. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record StandbyStatus(
    @JsonPropertyDescription("True while the standby takes the traffic.") Boolean active,
    @JsonPropertyDescription("Since when the primary is as it is: ready, or not.") String since,
    @JsonPropertyDescription("Whether the primary has a ready replica.") Boolean primaryReady) {}
