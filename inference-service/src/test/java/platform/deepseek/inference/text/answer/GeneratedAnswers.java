package platform.deepseek.inference.text.answer;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import platform.deepseek.inference.text.answer.ToolFormat.JsonCalls;
import platform.deepseek.inference.text.answer.ToolFormat.MarkedCalls;

/**
 * Answers as a model may write them on a bad day: markers, halves of markers, calls, JSON, text.
 */
final class GeneratedAnswers {

  private static final List<String> FRAGMENTS =
      List.of(
          " ",
          "\n",
          "\n\n",
          "\t",
          "a",
          "Hello.",
          "<",
          ">",
          "</",
          "{",
          "}",
          "[",
          "]",
          "\"",
          "\\",
          "\\\"",
          ",",
          ";",
          ":",
          "`",
          "```",
          "```json",
          "|",
          "｜",
          "é",
          "𝄞",
          "\u2028",
          "<think>",
          "</think>",
          "<|python_tag|>",
          "<tool_call>",
          "\"name\": ",
          "\"arguments\": ",
          "\"parameters\": {}",
          "\"get_time\"",
          "get",
          "get_time",
          "{\"name\": \"get_time\"",
          "{\"name\": \"gone\"",
          "{\"parameters\": {\"a\": \"}\"}, ",
          "7",
          "null");

  private final Random random;
  private final List<String> markers;
  private final ToolFormat format;

  GeneratedAnswers(AnswerFormat format, Random random) {
    this.random = random;
    this.format = format.tools().orElse(null);
    markers = markers(this.format);
  }

  static List<String> markers(ToolFormat format) {
    return switch (format) {
      case null -> List.of();
      case JsonCalls json -> present(json.open(), json.close());
      case MarkedCalls marked ->
          present(
              marked.open(),
              marked.beforeName(),
              marked.beforeArguments(),
              marked.afterArguments(),
              marked.close());
    };
  }

  String next() {
    var text = new StringBuilder();
    for (int count = random.nextInt(14); count > 0; count--) {
      int kind = random.nextInt(10);
      if (kind < 2 && format != null) {
        text.append(call());
      } else if (kind < 4 && !markers.isEmpty()) {
        text.append(one(markers));
      } else if (kind == 4 && !markers.isEmpty()) {
        String marker = one(markers);
        text.append(marker, 0, random.nextInt(marker.length()));
      } else {
        text.append(one(FRAGMENTS));
      }
    }
    return text.toString();
  }

  /** A call as the format has it; now and then one that breaks off. */
  private String call() {
    String name = one(List.of("get_weather", "get_time", "get", "forgotten"));
    String arguments = json(object(3));
    String call =
        switch (format) {
          case JsonCalls json -> {
            String nameMember = "\"name\": \"" + name + "\"";
            String argumentsMember = "\"" + json.argumentsName() + "\": " + arguments;
            yield json.open()
                + (random.nextBoolean()
                    ? "{" + nameMember + ", " + argumentsMember + "}"
                    : "\n{ " + argumentsMember + "," + nameMember + " }\n")
                + json.close();
          }
          case MarkedCalls marked ->
              marked.open()
                  + marked.beforeName()
                  + name
                  + marked.beforeArguments()
                  + arguments
                  + marked.afterArguments()
                  + marked.close();
        };
    return random.nextInt(4) == 0 ? call.substring(0, random.nextInt(call.length())) : call;
  }

  Map<String, Object> object(int depth) {
    Map<String, Object> members = new LinkedHashMap<>();
    for (int count = random.nextInt(4); count > 0; count--) {
      members.put(word(), value(depth));
    }
    return members;
  }

  private Object value(int depth) {
    return switch (random.nextInt(depth == 0 ? 4 : 6)) {
      case 0 -> random.nextInt(2000) - 1000;
      case 1 -> random.nextBoolean();
      case 2, 3 -> word() + word();
      case 4 -> List.of(value(depth - 1), word());
      default -> object(depth - 1);
    };
  }

  private String word() {
    return markers.isEmpty() || random.nextBoolean() ? one(FRAGMENTS) : one(markers);
  }

  static String json(Object value) {
    return switch (value) {
      case Map<?, ?> map -> {
        List<String> members = new ArrayList<>();
        map.forEach((name, member) -> members.add(json(name) + ": " + json(member)));
        yield "{" + String.join(", ", members) + "}";
      }
      case List<?> list ->
          "[" + String.join(",", list.stream().map(GeneratedAnswers::json).toList()) + "]";
      case String text ->
          "\""
              + text.replace("\\", "\\\\")
                  .replace("\"", "\\\"")
                  .replace("\n", "\\n")
                  .replace("\t", "\\u0009")
              + "\"";
      default -> value.toString();
    };
  }

  private <T> T one(List<T> choices) {
    return choices.get(random.nextInt(choices.size()));
  }

  private static List<String> present(String... markers) {
    List<String> present = new ArrayList<>();
    for (String marker : markers) {
      if (!marker.isEmpty()) {
        present.add(marker);
      }
    }
    return present;
  }
}
