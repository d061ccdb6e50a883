package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** One signal and the value per replica that the number of replicas aims at. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "self.type != 'External' || has(self.name)",
    message = "an autoscaling metric of type External needs a name")
public record ScalingMetric(
    @JsonPropertyDescription(
            "CPU (percent of the request), WaitingRequests, InflightRequests (each per replica),"
                + " KvCacheUsage and GpuActivity (0 to 1), TtftMillis, or External.")
        @Required
        ScalingSignal type,
    @JsonPropertyDescription("Value aimed at, a Kubernetes quantity.")
        @Required
        @Pattern("^[0-9]+(\\.[0-9]+)?m?$")
        String target,
    @JsonPropertyDescription("Name of the external metric; only for External.") @Size(max = 253)
        String name) {}
