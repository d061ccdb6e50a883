package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** Whose tokens are accepted (OpenID Connect). */
public record Oidc(
    @JsonPropertyDescription("Address of the issuer.") @Required @Pattern("^https://.+$")
        String issuer,
    @JsonPropertyDescription("The aud claim a token has to carry.")
        @Required
        @Size(min = 1, max = 253)
        String audience) {}
