package platform.deepseek.inference.text.answer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import platform.deepseek.inference.text.answer.CallProbe.Written;
import platform.deepseek.inference.text.answer.ToolFormat.JsonCalls;
import platform.deepseek.inference.text.answer.ToolFormat.MarkedCalls;

/*
 * Reads a tool format off the text that a template writes for one call and for two. The model was
 * trained on this text, so it writes the same.
 *
 * The turn of the assistant is what remains between the beginning and the end of a turn without
 * calls. In it, either an object of JSON holds name and arguments, and what is around it
 * are its markers; or name and arguments stand apart, and comparing what is before the first call
 * with what is between two tells the markers of the section from those of each call.
 */
final class ToolFormatProbe {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String ANSWER = "Probe answer";

  private ToolFormatProbe() {}

  /** Empty where the template writes no calls, or in a form that is none of {@link ToolFormat}. */
  static Optional<ToolFormat> read(TemplateProbe probe) {
    var form = CallProbe.find(probe);
    if (form.isEmpty()) {
      return named(probe.source());
    }
    String one = turn(probe, form.get(), 1).orElseThrow();
    var call = CallProbe.written(one, 0);
    if (call.isEmpty()) {
      return Optional.empty();
    }
    var json = json(one, call.get());
    return json.isPresent() ? json : marked(one, call.get(), turn(probe, form.get(), 2).orElse(""));
  }

  /** A template that refuses the probe, or only tells the model about calls in its own words. */
  private static Optional<ToolFormat> named(String source) {
    if (source.contains("<tool_call>")
        && source.contains("arguments")
        && !source.contains("<function=")) {
      return Optional.of(new JsonCalls("<tool_call>\n", "\n</tool_call>", "arguments"));
    }
    return Optional.empty();
  }

  /** The assistant's turn: without what the server writes before it, and without its end. */
  private static Optional<String> turn(TemplateProbe probe, CallProbe form, int calls) {
    var rendered = form.rendered(probe, calls);
    if (rendered.isEmpty()) {
      return rendered;
    }
    String text = rendered.get();
    String prompt = probe.generationPrompt(form.more()).orElse("");
    Map<String, Object> answer = Map.of("role", "assistant", "content", ANSWER);
    String plain = probe.render(List.of(TemplateProbe.USER, answer), false, form.more()).orElse("");
    int written = plain.lastIndexOf(ANSWER);
    String before = written < 0 ? "" : plain.substring(0, written);
    String after = written < 0 ? "" : plain.substring(written + ANSWER.length());
    int start = wholeMarkers(text, Math.max(commonStart(text, prompt), commonStart(text, before)));
    int end = text.endsWith(after) ? text.length() - after.length() : text.length();
    String turn = start < end ? text.substring(start, end) : text;
    int closed = turn.indexOf(ReasoningFormat.THINK.close());
    int name = turn.indexOf(CallProbe.name(0));
    return Optional.of(
        closed >= 0 && closed < name
            ? turn.substring(closed + ReasoningFormat.THINK.close().length())
            : turn);
  }

  private static Optional<ToolFormat> json(String turn, Written call) {
    for (int start = turn.lastIndexOf('{', call.start());
        start >= 0;
        start = turn.lastIndexOf('{', start - 1)) {
      int end = objectEnd(turn, start);
      if (end >= call.end() && start < call.name()) {
        return json(turn, start, end);
      }
    }
    return Optional.empty();
  }

  private static Optional<ToolFormat> json(String turn, int start, int end) {
    try {
      var object = JSON.readTree(turn.substring(start, end));
      if (object.path("name").asText().equals(CallProbe.name(0))) {
        return object.properties().stream()
            .filter(member -> member.getValue().isObject())
            .findFirst()
            .map(member -> calls(turn, start, end, member));
      }
      return Optional.empty();
    } catch (JsonProcessingException notJson) {
      return Optional.empty();
    }
  }

  private static ToolFormat calls(
      String turn, int start, int end, Map.Entry<String, JsonNode> arguments) {
    return new JsonCalls(
        turn.substring(0, start).stripLeading(),
        turn.substring(end).stripTrailing(),
        arguments.getKey());
  }

  private static int objectEnd(String text, int start) {
    var value = new JsonValueReader();
    for (int i = start; i < text.length(); i++) {
      switch (value.accept(text.charAt(i))) {
        case MORE -> {}
        case END -> {
          return i + 1;
        }
        case ENDED_BEFORE, BROKEN -> {
          return -1;
        }
      }
    }
    return -1;
  }

  private static Optional<ToolFormat> marked(String one, Written call, String two) {
    if (call.name() > call.arguments()) {
      return Optional.empty();
    }
    String before = one.substring(0, call.name());
    String middle = one.substring(call.nameEnd(), call.arguments());
    String after = one.substring(call.argumentsEnd());
    if (!before.contains("<") || middle.isBlank()) {
      return Optional.empty();
    }
    var first = CallProbe.written(two, 0);
    var second = CallProbe.written(two, 1);
    if (first.isEmpty() || second.isEmpty() || second.get().name() < first.get().argumentsEnd()) {
      return Optional.of(new MarkedCalls("", before.stripLeading(), middle, after, "", ""));
    }
    String gap = two.substring(first.get().argumentsEnd(), second.get().name());
    String beforeName = fromMarker(before, before.length() - commonEnd(before, gap));
    String afterArguments =
        gap.substring(0, wholeMarkers(gap, commonStart(gap, after))).stripTrailing();
    if (afterArguments.length() + beforeName.length() > gap.length()) {
      return Optional.empty();
    }
    return Optional.of(
        new MarkedCalls(
            before.substring(0, before.length() - beforeName.length()).stripLeading(),
            beforeName,
            middle,
            afterArguments,
            gap.substring(afterArguments.length(), gap.length() - beforeName.length()),
            after.substring(afterArguments.length()).stripTrailing()));
  }

  private static int commonStart(String one, String other) {
    int length = 0;
    while (length < Math.min(one.length(), other.length())
        && one.charAt(length) == other.charAt(length)) {
      length++;
    }
    return length;
  }

  private static int commonEnd(String one, String other) {
    int length = 0;
    while (length < Math.min(one.length(), other.length())
        && one.charAt(one.length() - 1 - length) == other.charAt(other.length() - 1 - length)) {
      length++;
    }
    return length;
  }

  /** The end of the last whole marker at or before a place that may be within one. */
  private static int wholeMarkers(String text, int end) {
    int open = text.lastIndexOf('<', end - 1);
    return open >= 0 && text.lastIndexOf('>', end - 1) < open ? open : end;
  }

  /** The text from the first marker on that begins at or behind a place. */
  private static String fromMarker(String text, int start) {
    int open = text.indexOf('<', start);
    return text.substring(open < 0 ? start : open);
  }
}
