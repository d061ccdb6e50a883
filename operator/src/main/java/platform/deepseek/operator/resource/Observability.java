package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import java.util.List;

/** Metrics, alerts and rules that watch the workload. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Observability(
    @JsonPropertyDescription("Auto makes a ServiceMonitor where its CRD exists.") @Default("Auto")
        Monitoring serviceMonitor,
    @JsonPropertyDescription("Auto makes a PrometheusRule where its CRD exists.") @Default("Auto")
        Monitoring prometheusRule,
    @JsonPropertyDescription("Alert when the time to the first token, p95, passes this.")
        @Default("5000")
        @Min(1)
        @Max(600000)
        Integer ttftP95Millis,
    @JsonPropertyDescription(
            "Rules over log lines, ends of containers and Events, beside the operator's own.")
        @Size(max = 20)
        List<AnomalyRule> rules) {

  public List<AnomalyRule> rulesOrNone() {
    return rules == null ? List.of() : rules;
  }
}
