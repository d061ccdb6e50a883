package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;

/** What a rule has found last. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record AnomalyStatus(
    @JsonPropertyDescription("Name of the rule.") String rule,
    @JsonPropertyDescription("When its threshold was reached last.") String time,
    @JsonPropertyDescription("How often it was seen within the window.") Integer count,
    @JsonPropertyDescription("The pod that it was seen at last.") String pod,
    @JsonPropertyDescription("What was seen last.") String message,
    @JsonPropertyDescription("What became of the actions.") String outcome) {}
