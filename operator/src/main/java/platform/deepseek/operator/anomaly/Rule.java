package platform.deepseek.operator.anomaly;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import platform.deepseek.operator.resource.AnomalyAction;
import platform.deepseek.operator.resource.AnomalyActionType;
import platform.deepseek.operator.resource.AnomalyRule;

/**
 * A rule that was read and can be carried out.
 *
 * @param written as a person wrote it
 * @param holds its condition, see {@link Condition}
 * @param window time in which the threshold has to be reached
 */
public record Rule(AnomalyRule written, Predicate<Observation> holds, Duration window) {

  private static final int MOST_RULES = 100;
  private static final int MOST_SIGHTINGS = 100_000;
  private static final Duration LONGEST_WINDOW = Duration.ofDays(1);
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

  public String name() {
    return written.name();
  }

  /** Reads a JSON list of rules, all of them or none. */
  public static List<Rule> parse(String json) throws BadRule {
    try {
      return of(JSON.readValue(json, new TypeReference<List<AnomalyRule>>() {}));
    } catch (JsonProcessingException e) {
      throw new BadRule("the rules are no JSON list of rules: " + e.getOriginalMessage());
    }
  }

  /** The rules of a resource, all of them or none. */
  public static List<Rule> of(List<AnomalyRule> written) throws BadRule {
    if (written.size() > MOST_RULES) {
      throw new BadRule("%d rules; at most %d are read".formatted(written.size(), MOST_RULES));
    }
    var rules = new ArrayList<Rule>();
    for (var rule : written) {
      rules.add(of(rule));
    }
    return List.copyOf(rules);
  }

  private static Rule of(AnomalyRule rule) throws BadRule {
    if (rule.name() == null || rule.name().isBlank() || rule.condition() == null) {
      throw new BadRule("a rule needs name and condition");
    }
    if (rule.threshold() == null || rule.threshold() < 1 || rule.threshold() > MOST_SIGHTINGS) {
      throw new BadRule(
          "rule %s: threshold %s is not between 1 and %d"
              .formatted(rule.name(), rule.threshold(), MOST_SIGHTINGS));
    }
    if (rule.actions() == null || rule.actions().isEmpty()) {
      throw new BadRule(
          "rule %s needs actions: webhook, ticket or remediate".formatted(rule.name()));
    }
    for (var action : rule.actions()) {
      validate(rule, action);
    }
    return new Rule(rule, predicate(rule), span(rule));
  }

  private static void validate(AnomalyRule rule, AnomalyAction action) throws BadRule {
    if (action.type() == null) {
      throw new BadRule("rule %s has an action without type".formatted(rule.name()));
    }
    var addressed =
        (action.url() != null && action.url().matches("https?://.+")) || action.secretRef() != null;
    if (action.type() != AnomalyActionType.REMEDIATE && !addressed) {
      throw new BadRule(
          "rule %s: action %s needs a url or a secretRef".formatted(rule.name(), action.type()));
    }
  }

  private static Duration span(AnomalyRule rule) throws BadRule {
    try {
      var span = Duration.parse(rule.window() == null ? "" : rule.window());
      if (span.isPositive() && span.compareTo(LONGEST_WINDOW) <= 0) {
        return span;
      }
    } catch (DateTimeParseException e) {
      throw new BadRule(
          "rule %s: window %s is no ISO 8601 duration such as PT5M"
              .formatted(rule.name(), rule.window()));
    }
    throw new BadRule(
        "rule %s: window %s is not between a second and a day"
            .formatted(rule.name(), rule.window()));
  }

  private static Predicate<Observation> predicate(AnomalyRule rule) throws BadRule {
    try {
      return Condition.parse(rule.condition());
    } catch (BadRule e) {
      throw new BadRule("rule " + rule.name() + ": " + e.getMessage());
    }
  }
}
