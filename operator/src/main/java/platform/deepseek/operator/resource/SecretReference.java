package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** A Secret of the same namespace. */
public record SecretReference(
    @JsonPropertyDescription("Name of the Secret.") @Required @Size(min = 1, max = 253)
        String name) {}
