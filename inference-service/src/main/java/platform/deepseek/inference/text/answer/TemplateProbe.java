package platform.deepseek.inference.text.answer;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import platform.deepseek.inference.text.template.ChatTemplate;
import platform.deepseek.inference.text.template.TemplateException;

/*
 * Asks a chat template what it does, by rendering small conversations and looking at the result.
 * Templates are programs: what one reads and writes cannot be told from the words in its source,
 * and there is no list of them to look it up in. Names and values in the conversations are words
 * that no template has of its own.
 */
/**
 * A template to be asked.
 *
 * @param source the template's text
 * @param variables what every rendering has, such as bos_token
 */
record TemplateProbe(String source, ChatTemplate template, Map<String, Object> variables) {

  static final Map<String, Object> USER = Map.of("role", "user", "content", "Probe question?");

  static TemplateProbe of(String source, Map<String, Object> variables) {
    return new TemplateProbe(source, ChatTemplate.parse(source), variables);
  }

  /** What the template writes; empty where it refuses, which is an answer too. */
  Optional<String> render(
      List<Map<String, Object>> messages, boolean addGenerationPrompt, Map<String, Object> more) {
    Map<String, Object> all = new LinkedHashMap<>(variables);
    all.putAll(more);
    all.put("messages", messages);
    all.put("add_generation_prompt", addGenerationPrompt);
    try {
      return Optional.of(template.render(all));
    } catch (TemplateException refused) {
      return Optional.empty();
    }
  }

  /** The beginning of an answer to a user. */
  Optional<String> generationPrompt(Map<String, Object> more) {
    return render(List.of(USER), true, more);
  }
}
