package platform.deepseek.operator.status;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import platform.deepseek.operator.resource.ConditionType;

/** Findings as conditions: a transition time moves only when the status does. */
public final class Conditions {

  private static final int LONGEST_MESSAGE = 1024;

  private Conditions() {}

  public static List<Condition> of(
      Collection<Finding> findings, List<Condition> before, long generation, Instant now) {
    var conditions = new ArrayList<Condition>();
    findings.stream()
        .sorted(Comparator.comparing(Finding::type))
        .forEach(finding -> conditions.add(condition(finding, before, generation, now)));
    return conditions;
  }

  private static Condition condition(
      Finding finding, List<Condition> before, long generation, Instant now) {
    var status = finding.holds() ? "True" : "False";
    var since =
        find(before, finding.type())
            .filter(old -> old.getStatus().equals(status))
            .map(Condition::getLastTransitionTime)
            .orElseGet(() -> now.truncatedTo(ChronoUnit.SECONDS).toString());
    return new ConditionBuilder()
        .withType(finding.type().text())
        .withStatus(status)
        .withReason(finding.reason().text())
        .withMessage(shortened(finding.message()))
        .withObservedGeneration(generation)
        .withLastTransitionTime(since)
        .build();
  }

  public static Optional<Condition> find(List<Condition> conditions, ConditionType type) {
    return conditions.stream().filter(it -> it.getType().equals(type.text())).findFirst();
  }

  private static String shortened(String message) {
    return message.length() <= LONGEST_MESSAGE
        ? message
        : message.substring(0, LONGEST_MESSAGE - 3) + "...";
  }
}
