package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;

/** Something to look for in the log lines, ends of containers and Events of a workload. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record AnomalyRule(
    @JsonPropertyDescription("Shown in Events and in what is sent.")
        @Required
        @Size(min = 1, max = 63)
        String name,
    @JsonPropertyDescription(
            "In SQL form, for example log_level='ERROR' AND message LIKE '%CUDA out of memory%'. Fields:"
                + " log_level, message, reason, type, pod, node, container, exit_code, restarts.")
        @Required
        @Size(min = 1, max = 2048)
        String condition,
    @JsonPropertyDescription("Time in which the threshold has to be reached, ISO 8601.")
        @Default("PT5M")
        @Size(max = 16)
        String window,
    @JsonPropertyDescription("How often it has to be seen within the window.")
        @Default("1")
        @Min(1)
        @Max(100000)
        Integer threshold,
    @JsonPropertyDescription("What follows, once per window.") @Required @Size(min = 1, max = 5)
        List<AnomalyAction> actions) {}
