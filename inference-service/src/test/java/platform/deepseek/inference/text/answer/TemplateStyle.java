package platform.deepseek.inference.text.answer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Templates of our own, each of which does what the published ones of its family do. */
enum TemplateStyle {
  QWEN25("answer_templates/qwen25_style.jinja"),
  QWEN3("answer_templates/qwen3_style.jinja"),
  HERMES("answer_templates/hermes_style.jinja"),
  LLAMA31("answer_templates/llama31_style.jinja"),
  DEEPSEEK_V3("answer_templates/deepseek_v3_style.jinja"),
  DEEPSEEK_V31("answer_templates/deepseek_v31_style.jinja"),
  R1_DISTILL("answer_templates/r1_distill_style.jinja"),
  WITHOUT_TOOLS("answer_templates/smol_style.jinja"),
  LONGER_QWEN("templates/qwen_style.jinja"),
  LONGER_LLAMA("templates/llama_style.jinja"),
  LONGER_DEEPSEEK("templates/deepseek_style.jinja"),
  MISTRAL("templates/mistral_style.jinja");

  private final String source;
  private final ChatFormat format;

  TemplateStyle(String file) {
    source = read("/fixtures/" + file);
    format = ChatFormat.of(source, variables());
  }

  String source() {
    return source;
  }

  ChatFormat format() {
    return format;
  }

  TemplateProbe template() {
    return TemplateProbe.of(source, variables());
  }

  private static Map<String, Object> variables() {
    return Map.of("bos_token", "<｜begin▁of▁sentence｜>", "eos_token", "<｜end▁of▁sentence｜>");
  }

  private static String read(String resource) {
    try (var stream = TemplateStyle.class.getResourceAsStream(resource)) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
