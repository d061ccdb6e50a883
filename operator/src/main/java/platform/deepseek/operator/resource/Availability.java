package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import java.util.List;

/** What has to stay up through disruptions. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Availability(
    @JsonPropertyDescription(
            "Replicas that a drain may take at once; a PodDisruptionBudget from two replicas on.")
        @Default("1")
        @Min(1)
        @Max(1000)
        Integer maxUnavailable,
    @JsonPropertyDescription(
            "Node labels over which replicas are spread, for example topology.kubernetes.io/zone.")
        @Size(max = 8)
        List<@Size(max = 317) String> spread,
    @JsonPropertyDescription("Seconds a stopping replica has to end its streams.")
        @Default("300")
        @Min(0)
        @Max(7200)
        Integer drainSeconds,
    @JsonPropertyDescription("Who takes the traffic while no replica is ready.") Standby standby) {

  public List<String> spreadOrNone() {
    return spread == null ? List.of() : spread;
  }
}
