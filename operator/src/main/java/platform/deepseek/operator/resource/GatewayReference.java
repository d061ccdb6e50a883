package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** A Gateway of the Gateway API. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record GatewayReference(
    @JsonPropertyDescription("Name of the Gateway.") @Required @Size(min = 1, max = 253)
        String name,
    @JsonPropertyDescription("Its namespace. Left out: this one.") @Size(max = 63)
        String namespace) {}
