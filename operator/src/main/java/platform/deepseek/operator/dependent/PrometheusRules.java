package platform.deepseek.operator.dependent;

import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.openshift.api.model.monitoring.v1.PrometheusRule;
import io.fabric8.openshift.api.model.monitoring.v1.PrometheusRuleBuilder;
import io.fabric8.openshift.api.model.monitoring.v1.Rule;
import io.fabric8.openshift.api.model.monitoring.v1.RuleBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import platform.deepseek.operator.desired.Labels;
import platform.deepseek.operator.desired.SignalNames;
import platform.deepseek.operator.desired.Situation;
import platform.deepseek.operator.resource.EngineType;
import platform.deepseek.operator.resource.Monitoring;
import platform.deepseek.operator.resource.ScalingSignal;

/**
 * Alerts on what clients of one model notice, in the words of its engine: no replica, a slow first
 * token, errors, a full cache. A model that may sleep is not told to be away, and only the Native
 * engine counts the requests that it failed. Each has a section in docs/runbooks.md.
 */
public class PrometheusRules extends OwnedObjects<PrometheusRule> {

  /** Of every series of a model, by its ServiceMonitor, and of its alerts. */
  static final String LABEL = "deepseekdeployment";

  public PrometheusRules() {
    super(PrometheusRule.class);
  }

  @Override
  public List<PrometheusRule> desired(Situation situation) {
    if (situation.spec().observability().prometheusRule() == Monitoring.OFF) {
      return List.of();
    }
    return List.of(
        new PrometheusRuleBuilder()
            .withMetadata(metadata(situation, situation.name(), Labels.SERVER))
            .withNewSpec()
            .addNewGroup()
            .withName(situation.name())
            .withRules(rules(situation))
            .endGroup()
            .endSpec()
            .build());
  }

  private static List<Rule> rules(Situation situation) {
    var spec = situation.spec();
    var engine = situation.stable().spec().engine().type();
    var model =
        "namespace=\"%s\",%s=\"%s\"".formatted(situation.namespace(), LABEL, situation.name());
    var rules = new ArrayList<Rule>();
    if (spec.autoscalingIfAny().map(autoscaling -> autoscaling.fewest() > 0).orElse(true)
        && spec.replicas() > 0) {
      rules.add(
          alert(
              situation,
              "DeepSeekNoReplicaReady",
              "absent(up{%s} == 1)".formatted(model),
              "5m",
              "critical",
              "no replica of %s answers"));
    }
    rules.add(
        alert(
            situation,
            "DeepSeekModelFirstTokenSlow",
            "histogram_quantile(0.95, sum by (le) (rate(%s_bucket{%s}[5m]))) > %s"
                .formatted(
                    SignalNames.timeToFirstToken(engine),
                    model,
                    spec.observability().ttftP95Millis() / 1000.0),
            "10m",
            "warning",
            "clients of %s wait too long for the first token"));
    if (engine == EngineType.NATIVE) {
      rules.add(
          alert(
              situation,
              "DeepSeekRequestsFail",
              ("sum(rate(deepseek_requests_total{%s,outcome=\"failed\"}[5m])) /"
                      + " sum(rate(deepseek_requests_total{%s}[5m])) > 0.05")
                  .formatted(model, model),
              "10m",
              "critical",
              "more than 5 percent of the requests to %s fail"));
    }
    rules.add(
        alert(
            situation,
            "DeepSeekModelKvCacheFull",
            "avg(%s{%s}) > 0.95"
                .formatted(SignalNames.of(ScalingSignal.KV_CACHE_USAGE, engine), model),
            "15m",
            "warning",
            "the KV cache of %s is full; requests wait"));
    return rules;
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
        .addToLabels(LABEL, situation.name())
        .addToLabels("namespace", situation.namespace())
        .addToAnnotations("summary", summary.formatted(situation.name()))
        .addToAnnotations(
            "description",
            "DeepSeekDeployment %s/%s: kubectl -n %s describe dsd %s tells why."
                .formatted(
                    situation.namespace(),
                    situation.name(),
                    situation.namespace(),
                    situation.name()))
        .addToAnnotations("runbook_url", "docs/runbooks.md#" + name.toLowerCase(Locale.ROOT))
        .build();
  }
}
