package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.util.List;

/** The tightest quota of the namespace for the resource that runs out first. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record QuotaStatus(
    @JsonPropertyDescription("Resource that is tightest, for example requests.nvidia.com/gpu.")
        String resource,
    @JsonPropertyDescription("What the quota allows.") String hard,
    @JsonPropertyDescription("What is used.") String used,
    @JsonPropertyDescription("What the replicas that do not run yet need.") String needed,
    @JsonPropertyDescription("Whether that fits.") Boolean fits,
    @JsonPropertyDescription("Names in quotas of this namespace that Kubernetes never enforces.")
        List<String> neverEnforced) {}
