package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;

/** An object the operator keeps for a resource. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ManagedObject(
    @JsonPropertyDescription("Its API version.") String apiVersion,
    @JsonPropertyDescription("Its kind.") String kind,
    @JsonPropertyDescription("Its name.") String name) {}
