package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;

/** When a model goes to sleep. */
public record Idle(
    @JsonPropertyDescription("Seconds without a request before the last replica is removed.")
        @Default("1800")
        @Min(30)
        @Max(604800)
        Integer afterSeconds) {}
