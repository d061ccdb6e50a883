package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import java.time.Duration;

/** A share of traffic and how long it is held. */
public record CanaryStep(
    @JsonPropertyDescription("Percent of the traffic.") @Required @Min(1) @Max(100) Integer weight,
    @JsonPropertyDescription("How long, ISO 8601, for example PT10M.")
        @Default("PT5M")
        @Pattern("^PT([0-9]+H)?([0-9]+M)?([0-9]+S)?$")
        String hold) {

  public Duration holdFor() {
    return Duration.parse(hold.equals("PT") ? "PT0S" : hold);
  }
}
