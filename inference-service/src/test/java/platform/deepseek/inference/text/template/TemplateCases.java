package platform.deepseek.inference.text.template;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;

/** Templates with variables and what jinja2 makes of them; render.py beside the files made them. */
final class TemplateCases {

  static final ObjectMapper JSON = new ObjectMapper();

  /** The time that render.py lets strftime_now tell. */
  static final Clock CLOCK = Clock.fixed(Instant.parse("2024-07-06T09:05:03Z"), ZoneOffset.UTC);

  private static final String FOLDER = "/fixtures/templates/";

  private TemplateCases() {}

  /**
   * @param rendered null where jinja2 fails
   * @param error null where it does not
   */
  record Case(
      String name, String template, Map<String, Object> variables, String rendered, String error) {}

  static List<Case> read(String file) {
    try {
      return JSON.readValue(text(file), new TypeReference<>() {});
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String text(String file) {
    try (var stream =
        TemplateCases.class.getResourceAsStream(
            Path.of(FOLDER).resolve(file).normalize().toString())) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String render(String source, Map<String, Object> variables) {
    return ChatTemplate.parse(source, Limits.DEFAULT, CLOCK).render(variables);
  }
}
