package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** A ConfigMap of the same namespace. */
public record ConfigMapReference(
    @JsonPropertyDescription("Name of the ConfigMap.") @Required @Size(min = 1, max = 253)
        String name) {}
