package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** Another Service that takes over. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Standby(
    @JsonPropertyDescription(
            "Service of this namespace: another DeepSeekDeployment's, or an ExternalName of another"
                + " cluster.")
        @Required
        @Size(min = 1, max = 63)
        String serviceName,
    @JsonPropertyDescription("Port of that Service.") @Default("80") @Min(1) @Max(65535)
        Integer port,
    @JsonPropertyDescription("Seconds without a ready replica before the route moves.")
        @Default("60")
        @Min(1)
        @Max(86400)
        Integer afterSeconds,
    @JsonPropertyDescription("Seconds with ready replicas before it moves back.")
        @Default("120")
        @Min(1)
        @Max(86400)
        Integer backAfterSeconds) {}
