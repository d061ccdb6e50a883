package platform.deepseek.operator.heal;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import platform.deepseek.operator.anomaly.Detector;
import platform.deepseek.operator.anomaly.Rule;
import platform.deepseek.operator.resource.AnomalyRule;
import platform.deepseek.operator.resource.AnomalyStatus;
import platform.deepseek.operator.resource.DeepSeekDeployment;
import platform.deepseek.operator.resource.RemedyStatus;

/**
 * What one resource's rules have counted and found, until the status has it: an answer whose write
 * fails is given again. All else is in the status, so that a restart repeats nothing that was told.
 */
final class Watch {

  /** Lines may come later than their time says, and clocks of nodes differ. */
  private static final Duration LATE = Duration.ofMinutes(2);

  private final List<AnomalyRule> written;
  private final Detector detector;
  private final Duration window;
  private final Map<String, AnomalyStatus> found = new LinkedHashMap<>();
  private RemedyStatus remedy;
  private Instant read; // null before the first look

  Watch(DeepSeekDeployment resource, List<Rule> rules) {
    this.written = resource.getSpec().observability().rulesOrNone();
    this.detector = new Detector(rules);
    this.window = rules.stream().map(Rule::window).max(Duration::compareTo).orElse(Duration.ZERO);
    before(resource)
        .forEach(
            it -> {
              found.put(it.rule(), it);
              detector.answered(it.rule(), Instant.parse(it.time()));
            });
  }

  /** Whether it was made for the rules that the resource has now. */
  boolean isFor(DeepSeekDeployment resource) {
    return written.equals(resource.getSpec().observability().rulesOrNone());
  }

  /**
   * From when on log lines and Events are read now: all of the longest window at the first look,
   * and then what came since the last one. Of a log only so many bytes are read, the oldest first,
   * so that with the whole window each time the newest lines of a busy one were never seen.
   */
  Instant readFrom(Instant now) {
    var beginning = now.minus(window);
    var last = read == null ? beginning : read.minus(LATE);
    read = now;
    return last.isAfter(beginning) ? last : beginning;
  }

  Detector detector() {
    return detector;
  }

  void found(AnomalyStatus anomaly) {
    found.put(anomaly.rule(), anomaly);
  }

  void chosen(RemedyStatus next) {
    remedy = next;
  }

  /** The newest of each rule. */
  List<AnomalyStatus> anomalies() {
    return List.copyOf(found.values());
  }

  /** The remedy chosen last, or the status', if it belongs to the spec of now. */
  Optional<RemedyStatus> remedy(DeepSeekDeployment resource) {
    var stored = Remedy.of(resource);
    return Optional.ofNullable(remedy)
        .filter(it -> Remedy.isOf(it, resource.getSpec()))
        .filter(it -> stored.map(old -> old.steps() < it.steps()).orElse(true))
        .or(() -> stored);
  }

  private static List<AnomalyStatus> before(DeepSeekDeployment resource) {
    var status = resource.getStatus();
    return status == null || status.anomalies() == null ? List.of() : status.anomalies();
  }
}
