package platform.deepseek.operator.heal;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * One line of a log, as programs write them: text with a level near its beginning, or a JSON object
 * whose level stands wherever its writer puts it.
 *
 * @param message the text; of JSON its message, and what was thrown
 * @param level TRACE, DEBUG, INFO, WARN or ERROR, if the line has one
 */
record LogLine(String message, Optional<String> level) {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern LEVEL =
      Pattern.compile("\\b(TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL|CRITICAL)\\b");
  private static final int LEVEL_WITHIN = 120;

  static LogLine of(String text) {
    if (text.startsWith("{")) {
      try {
        var line = JSON.readTree(text);
        if (line.path("message").isTextual()) {
          return of(line);
        }
      } catch (JsonProcessingException e) {
        return of(text, text); // Text that begins with a brace, or an object that was cut off.
      }
    }
    return of(text, text);
  }

  private static LogLine of(JsonNode line) {
    var message =
        Stream.of("message", "stackTrace")
            .map(field -> line.path(field).asText(""))
            .filter(part -> !part.isEmpty())
            .collect(Collectors.joining("\n"));
    return of(message, line.path("level").asText(""));
  }

  private static LogLine of(String message, String head) {
    var found = LEVEL.matcher(head.substring(0, Math.min(head.length(), LEVEL_WITHIN)));
    return new LogLine(message, found.find() ? Optional.of(common(found)) : Optional.empty());
  }

  private static String common(Matcher found) {
    return switch (found.group(1)) {
      case "WARNING" -> "WARN";
      case "FATAL", "CRITICAL" -> "ERROR";
      default -> found.group(1);
    };
  }
}
