package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;

/** The failure seen last. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record LastFailure(
    @JsonPropertyDescription("When it was first seen.") String time,
    @JsonPropertyDescription("The object it happened to, as Kind/name.") String object,
    @JsonPropertyDescription("One word, for example ImagePullBackOff.") String reason,
    @JsonPropertyDescription("What Kubernetes or the program said.") String message,
    @JsonPropertyDescription("Exit code of the container, if it ended.") Integer exitCode) {}
