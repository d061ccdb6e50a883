package platform.deepseek.inference.grammar.schema;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import platform.deepseek.inference.grammar.Expression;
import platform.deepseek.inference.grammar.Expression.Choice;
import platform.deepseek.inference.grammar.Expression.Literal;

/**
 * The values of enum and const. Texts with a common beginning share it, so that of 10,000 values
 * only those few are looked at that the next character tells apart.
 */
final class Constants {

  private static final int MOST_TEXT = 4_000_000;

  private Constants() {}

  static Expression of(List<JsonNode> values, String path) {
    var options = new ArrayList<Expression>();
    var texts = new ArrayList<String>();
    long size = 0;
    for (var value : values) {
      if (value.isContainerNode()) {
        options.add(container(value));
      } else {
        var text = scalar(value);
        size += text.length();
        texts.add(text);
      }
      if (size > MOST_TEXT) {
        throw new UnsupportedSchemaException(
            path, "enum", "its values have more than %,d characters".formatted(MOST_TEXT));
      }
    }
    var sorted = texts.stream().sorted().distinct().toList();
    if (!sorted.isEmpty()) {
      options.add(shared(sorted, 0));
    }
    return options.size() == 1 ? options.getFirst() : new Choice(options);
  }

  /** Sorted texts that are equal up to a position, from there on. */
  private static Expression shared(List<String> texts, int from) {
    int common = common(texts.getFirst(), texts.getLast(), from);
    var beginning = new Literal(texts.getFirst().substring(from, common));
    if (texts.size() == 1) {
      return beginning;
    }
    var groups = new LinkedHashMap<Integer, List<String>>();
    var options = new ArrayList<Expression>();
    for (var text : texts) {
      if (text.length() == common) {
        options.add(JsonText.EMPTY);
      } else {
        groups.computeIfAbsent(text.codePointAt(common), c -> new ArrayList<>()).add(text);
      }
    }
    groups.values().forEach(group -> options.add(shared(group, common)));
    return JsonText.sequence(List.of(beginning, new Choice(options)));
  }

  private static int common(String one, String other, int from) {
    int end = from;
    int shorter = Math.min(one.length(), other.length());
    while (end < shorter && one.charAt(end) == other.charAt(end)) {
      end++;
    }
    boolean insidePair = end > from && Character.isHighSurrogate(one.charAt(end - 1));
    return insidePair ? end - 1 : end;
  }

  private static String scalar(JsonNode value) {
    return switch (Type.of(value)) {
      case NULL -> "null";
      case BOOLEAN -> String.valueOf(value.booleanValue());
      case NUMBER -> Numbers.of(value).map(Numbers::written).orElseThrow();
      case STRING -> JsonText.quoted(value.textValue());
      case ARRAY, OBJECT -> throw new IllegalArgumentException("no scalar: " + value);
    };
  }

  private static Expression container(JsonNode value) {
    var parts = new ArrayList<Expression>();
    if (value.isArray()) {
      for (var item : value) {
        separate(parts);
        parts.add(JsonText.spaced(value(item)));
      }
      return JsonText.array(JsonText.sequence(parts));
    }
    for (var entry : value.properties()) {
      separate(parts);
      parts.add(
          JsonText.member(new Literal(JsonText.quoted(entry.getKey())), value(entry.getValue())));
    }
    return JsonText.object(JsonText.sequence(parts));
  }

  private static void separate(List<Expression> parts) {
    if (!parts.isEmpty()) {
      parts.add(JsonText.COMMA);
    }
  }

  private static Expression value(JsonNode value) {
    return value.isContainerNode() ? container(value) : new Literal(scalar(value));
  }
}
