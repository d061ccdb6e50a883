package platform.deepseek.inference.text.answer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * How a template wants earlier turns of the assistant: a client's messages are one form for all
 * models, templates differ.
 *
 * @param argumentsAsObject whether the arguments of a call are a map for it, and not their JSON
 *     text as they came
 * @param contentOfCalls whether a turn without content needs the empty text in place of null
 * @param reasoningField the field of a message that it reads earlier reasoning from; empty where it
 *     does not write earlier reasoning
 * @param declaresTools whether it tells the model which tools there are; where it does not, the
 *     model knows of them only what the messages say
 */
public record ConversationFormat(
    boolean argumentsAsObject,
    boolean contentOfCalls,
    Optional<String> reasoningField,
    boolean declaresTools) {

  /** The field in which the API has the reasoning of a turn. */
  public static final String REASONING = "reasoning_content";

  /** Messages go to the template as they came. */
  public static final ConversationFormat AS_GIVEN =
      new ConversationFormat(false, false, Optional.of(REASONING), true);

  private static final String CALLS = "tool_calls";
  private static final List<String> REASONING_FIELDS = List.of(REASONING, "reasoning", "thinking");
  private static final String THOUGHT = "Probe thought";
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final TypeReference<LinkedHashMap<String, Object>> OBJECT =
      new TypeReference<>() {};

  static ConversationFormat of(TemplateProbe probe) {
    var calls = CallProbe.find(probe);
    return new ConversationFormat(
        calls.map(CallProbe::argumentsAsObject).orElse(false),
        calls.map(form -> form.content() != null).orElse(false),
        REASONING_FIELDS.stream()
            .filter(field -> writesReasoning(probe, calls.orElse(null), field))
            .findFirst(),
        CallProbe.declares(probe));
  }

  /** Tried within a tool's turns, where most templates keep reasoning, and in a plain answer. */
  private static boolean writesReasoning(TemplateProbe probe, CallProbe calls, String field) {
    Map<String, Object> answer =
        Map.of("role", "assistant", "content", "Probe answer", field, THOUGHT);
    if (writes(probe, List.of(TemplateProbe.USER, answer), Map.of())
        || writes(probe, List.of(TemplateProbe.USER, answer, TemplateProbe.USER), Map.of())) {
      return true;
    }
    if (calls == null) {
      return false;
    }
    Map<String, Object> call = new LinkedHashMap<>(calls.turn(1));
    call.put(field, THOUGHT);
    return writes(probe, List.of(TemplateProbe.USER, call, CallProbe.result()), calls.more());
  }

  private static boolean writes(
      TemplateProbe probe, List<Map<String, Object>> messages, Map<String, Object> more) {
    return probe.render(messages, true, more).filter(text -> text.contains(THOUGHT)).isPresent();
  }

  /** The messages as the template wants them; those of other roles are the same. */
  public List<Map<String, Object>> adapted(List<Map<String, Object>> messages) {
    return messages.stream()
        .map(message -> "assistant".equals(message.get("role")) ? turn(message) : message)
        .toList();
  }

  /**
   * Templates look whether a turn has calls and content by different means: so there are calls only
   * where there is one, and beside them always content.
   */
  private Map<String, Object> turn(Map<String, Object> message) {
    Map<String, Object> turn = new LinkedHashMap<>();
    message.forEach(
        (name, value) -> {
          if (name.equals(REASONING)) {
            reasoningField.ifPresent(field -> turn.put(field, value));
          } else if (!name.equals(CALLS)) {
            turn.put(name, value);
          } else if (value instanceof List<?> calls && !calls.isEmpty()) {
            turn.put(name, calls(calls));
          }
        });
    if (turn.containsKey(CALLS) && turn.get("content") == null) {
      turn.put("content", contentOfCalls ? "" : null);
    }
    return turn;
  }

  private List<?> calls(List<?> calls) {
    if (!argumentsAsObject) {
      return calls;
    }
    List<Object> adapted = new ArrayList<>();
    calls.forEach(call -> adapted.add(replaced(call, "function", ConversationFormat::function)));
    return adapted;
  }

  private static Object function(Object function) {
    return replaced(
        function,
        "arguments",
        arguments -> arguments instanceof String text ? object(text) : arguments);
  }

  private static Object replaced(Object map, String name, UnaryOperator<Object> change) {
    if (!(map instanceof Map<?, ?> members)) {
      return map;
    }
    Map<Object, Object> copy = new LinkedHashMap<>(members);
    copy.computeIfPresent(name, (key, value) -> change.apply(value));
    return copy;
  }

  /** What is no JSON object, as a model that was cut off writes it, stays the text it is. */
  private static Object object(String text) {
    try {
      Object parsed = JSON.readValue(text, OBJECT);
      return parsed == null ? text : parsed;
    } catch (JsonProcessingException notAnObject) {
      return text;
    }
  }
}
