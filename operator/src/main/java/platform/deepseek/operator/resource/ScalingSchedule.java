package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** A time of the week with at least so many replicas. */
public record ScalingSchedule(
    @JsonPropertyDescription("Name, shown in the status.") @Required @Size(min = 1, max = 63)
        String name,
    @JsonPropertyDescription("Begin, as a cron line of five fields.")
        @Required
        @Pattern("^\\S+( \\S+){4}$")
        String start,
    @JsonPropertyDescription("End, as a cron line of five fields.")
        @Required
        @Pattern("^\\S+( \\S+){4}$")
        String end,
    @JsonPropertyDescription("Time zone, for example Europe/Berlin.")
        @Default("Etc/UTC")
        @Size(max = 64)
        String timeZone,
    @JsonPropertyDescription("Replicas in that time.") @Required @Min(1) @Max(1000)
        Integer replicas) {}
