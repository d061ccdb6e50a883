package platform.deepseek.operator.reconcile;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import platform.deepseek.operator.exam.Marks;
import platform.deepseek.operator.resource.CanaryCheck;
import platform.deepseek.operator.resource.CanaryMetric;
import platform.deepseek.operator.resource.CheckResult;

/** Measures a new revision while it takes traffic: by its metrics, and by what it answers. */
public final class CanaryMeasurements {

  private final PodMetrics metrics;
  private final GoldenExams exams;

  public CanaryMeasurements(KubernetesClient client, Clock clock) {
    this.metrics = new PodMetrics(client);
    this.exams = new GoldenExams(client, clock);
  }

  /**
   * One result per check; a value that cannot be measured has not passed. Empty while questions are
   * still being asked.
   */
  Optional<List<CheckResult>> measure(Candidate candidate) {
    var analysis = candidate.resource().getSpec().rollout().canary().analysis();
    var asked = analysis.goldenAnswersIfAny();
    var marks = asked.flatMap(golden -> exams.marks(candidate, golden));
    return asked.isPresent() && marks.isEmpty()
        ? Optional.empty()
        : Optional.of(
            analysis.checksOrNone().stream()
                .map(check -> measure(candidate, check, marks))
                .toList());
  }

  private CheckResult measure(Candidate candidate, CanaryCheck check, Optional<Marks> marks) {
    return marks
        .filter(it -> check.metric() == CanaryMetric.GOLDEN_ANSWERS)
        .map(it -> result(check, it))
        .orElseGet(() -> metrics.measure(candidate, check));
  }

  private static CheckResult result(CanaryCheck check, Marks marks) {
    return marks.share().isEmpty()
        ? new CheckResult(check.metric(), null, false, marks.message().orElse(null))
        : new CheckResult(
            check.metric(),
            String.format(Locale.ROOT, "%.4f", marks.share().getAsDouble()),
            check.passes(marks.share().getAsDouble()),
            marks.message().orElse(null));
  }
}
