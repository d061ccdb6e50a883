package platform.deepseek.operator.dependent;

import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.openshift.api.model.monitoring.v1.PrometheusRule;
import io.fabric8.openshift.api.model.monitoring.v1.PrometheusRuleBuilder;
import io.fabric8.openshift.api.model.monitoring.v1.Rule;
import io.fabric8.openshift.api.model.monitoring.v1.RuleBuilder;
import java.util.List;
import platform.deepseek.operator.desired.Labels;
import platform.deepseek.operator.desired.Situation;
import platform.deepseek.operator.resource.Monitoring;

/** Alerts on what clients notice: no replica, a slow first token, errors, a full cache. */
public class PrometheusRules extends OwnedObjects<PrometheusRule> {

  public PrometheusRules() {
    super(PrometheusRule.class);
  }

  @Override
  public List<PrometheusRule> desired(Situation situation) {
    var observability = situation.spec().observability();
    if (observability.prometheusRule() == Monitoring.OFF) {
      return List.of();
    }
    var pods = "namespace=\"%s\",pod=~\"%s-.*\"".formatted(situation.namespace(), situation.name());
    return List.of(
        new PrometheusRuleBuilder()
            .withMetadata(metadata(situation, situation.name(), Labels.SERVER))
            .withNewSpec()
            .addNewGroup()
            .withName(situation.name())
            .withRules(
                alert(
                    situation,
                    "DeepSeekNoReplicaReady",
                    "absent(deepseek_requests_running{%s})".formatted(pods),
                    "5m",
                    "critical",
                    "no replica of %s answers"),
                alert(
                    situation,
                    "DeepSeekFirstTokenSlow",
                    ("histogram_quantile(0.95, sum by (le) (rate("
                            + "deepseek_time_to_first_token_seconds_bucket{%s}[5m]))) > %s")
                        .formatted(pods, observability.ttftP95Millis() / 1000.0),
                    "10m",
                    "warning",
                    "clients of %s wait too long for the first token"),
                alert(
                    situation,
                    "DeepSeekRequestsFail",
                    ("sum(rate(deepseek_requests_total{%s,outcome=\"failed\"}[5m])) /"
                            + " sum(rate(deepseek_requests_total{%s}[5m])) > 0.05")
                        .formatted(pods, pods),
                    "10m",
                    "critical",
                    "more than 5 percent of the requests to %s fail"),
                alert(
                    situation,
                    "DeepSeekKvCacheFull",
                    "avg(deepseek_kv_cache_usage_ratio{%s}) > 0.95".formatted(pods),
                    "15m",
                    "warning",
                    "the KV cache of %s is full; requests wait"))
            .endGroup()
            .endSpec()
            .build());
  }

  private static Rule alert(
      Situation situation,
      String name,
      String expression,
      String lasting,
      String severity,
      String summary) {
    return new RuleBuilder()
        .withAlert(name)
        .withExpr(new IntOrString(expression))
        .withFor(lasting)
        .addToLabels("severity", severity)
        .addToLabels("deepseekdeployment", situation.name())
        .addToAnnotations("summary", summary.formatted(situation.name()))
        .build();
  }
}
