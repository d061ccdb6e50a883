package platform.deepseek.operator.anomaly;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.function.Predicate;

/**
 * Something to look for.
 *
 * @param name shown in Events and in what is sent
 * @param condition in SQL form, see {@link Condition}
 * @param window time in which the threshold has to be reached, ISO 8601
 * @param threshold observations within the window that make an anomaly
 * @param actions what follows
 */
public record Rule(
    @JsonProperty String name,
    @JsonProperty String condition,
    @JsonProperty String window,
    @JsonProperty int threshold,
    @JsonProperty List<Action> actions) {

  private static final int MOST_RULES = 100;
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

  /** What follows. */
  public record Action(@JsonProperty ActionType type, @JsonProperty String url) {}

  /** The kinds of what can follow. */
  public enum ActionType {
    /** A message in Slack's format to url. */
    @JsonProperty("webhook")
    WEBHOOK,
    /** A ticket as JSON to url. */
    @JsonProperty("ticket")
    TICKET,
    /** The operator mends it, where it knows how. */
    @JsonProperty("remediate")
    REMEDIATE
  }

  /** Reads a list of rules, all of them or none. */
  public static List<Rule> parse(String json) throws BadRule {
    List<Rule> rules;
    try {
      rules = JSON.readValue(json, new TypeReference<List<Rule>>() {});
    } catch (JsonProcessingException e) {
      throw new BadRule("the rules are no JSON list of rules: " + e.getOriginalMessage());
    }
    if (rules.size() > MOST_RULES) {
      throw new BadRule("%d rules; at most %d are read".formatted(rules.size(), MOST_RULES));
    }
    for (var rule : rules) {
      rule.validate();
    }
    return rules;
  }

  private void validate() throws BadRule {
    if (name == null || name.isBlank() || condition == null) {
      throw new BadRule("a rule needs name and condition");
    }
    if (threshold < 1 || threshold > 100_000) {
      throw new BadRule(
          "rule %s: threshold %d is not between 1 and 100000".formatted(name, threshold));
    }
    span();
    predicate();
    if (actions == null || actions.isEmpty()) {
      throw new BadRule("rule %s needs actions: webhook, ticket or remediate".formatted(name));
    }
    for (var action : actions) {
      if (action.type() != ActionType.REMEDIATE
          && (action.url() == null || !action.url().matches("https?://.+"))) {
        throw new BadRule("rule %s: action %s needs a url".formatted(name, action.type()));
      }
    }
  }

  Duration span() throws BadRule {
    try {
      return Duration.parse(window == null ? "" : window);
    } catch (DateTimeParseException e) {
      throw new BadRule(
          "rule %s: window %s is no ISO 8601 duration such as PT5M".formatted(name, window));
    }
  }

  Predicate<Observation> predicate() throws BadRule {
    try {
      return Condition.parse(condition);
    } catch (BadRule e) {
      throw new BadRule("rule " + name + ": " + e.getMessage());
    }
  }
}
