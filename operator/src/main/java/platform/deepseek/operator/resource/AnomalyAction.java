package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** What follows an anomaly. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "self.type == 'remediate' || has(self.url) != has(self.secretRef)",
    message = "a webhook or ticket needs either url or secretRef")
public record AnomalyAction(
    @JsonPropertyDescription(
            "webhook sends {\"text\": ...} as Slack reads it, ticket a JSON object, remediate lets the"
                + " operator serve a quarter of the batch and then use more GPUs.")
        @Required
        AnomalyActionType type,
    @JsonPropertyDescription(
            "Where it is sent. Its host has to be one of the operator's webhook-hosts.")
        @Size(max = 2048)
        @Pattern("^https?://.+")
        String url,
    @JsonPropertyDescription("A Secret whose key url says where, if the address is a secret.")
        SecretReference secretRef) {}
