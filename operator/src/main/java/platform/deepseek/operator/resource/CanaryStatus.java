package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.util.List;

/** The change under way. It holds all that the state machine needs to go on after a restart. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record CanaryStatus(
    @JsonPropertyDescription("Where the change is.") CanaryPhase phase,
    @JsonPropertyDescription("Step, from 0.") Integer step,
    @JsonPropertyDescription("Percent of the traffic that the new revision takes.") Integer weight,
    @JsonPropertyDescription("Revision that serves and is gone back to.") String stableRevision,
    @JsonPropertyDescription("Revision that is tried.") String canaryRevision,
    @JsonPropertyDescription("When the phase or step began.") String since,
    @JsonPropertyDescription("When the checks were looked at last.") String lastChecked,
    @JsonPropertyDescription("Failed looks so far.") Integer failures,
    @JsonPropertyDescription("Values seen last.") List<CheckResult> checks,
    @JsonPropertyDescription("Why it is where it is.") String message) {}
