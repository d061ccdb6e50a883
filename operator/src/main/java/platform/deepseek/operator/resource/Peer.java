package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.Map;

/** Somebody who may connect to the pods. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "has(self.namespaceLabels) || has(self.podLabels) || has(self.cidr)",
    message = "an entry of network.allowFrom needs namespaceLabels, podLabels or cidr")
public record Peer(
    @JsonPropertyDescription("Labels of namespaces.") Map<String, String> namespaceLabels,
    @JsonPropertyDescription("Labels of pods.") Map<String, String> podLabels,
    @JsonPropertyDescription("Addresses, for example 10.0.0.0/8.")
        @Pattern("^[0-9a-fA-F.:]+/[0-9]{1,3}$")
        String cidr) {}
