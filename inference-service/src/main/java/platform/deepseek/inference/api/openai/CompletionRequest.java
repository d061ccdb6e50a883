package platform.deepseek.inference.api.openai;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import platform.deepseek.inference.api.generation.GenerationSettings;
import platform.deepseek.inference.api.json.Fields;

/**
 * A valid request for completions.
 *
 * @param prompts one at least
 * @param suffix the text after the answer, or null
 * @param maxTokens empty: OpenAI's default of 16, or what fits
 * @param echo the prompt is repeated in front of the answer
 * @param bestOf answers to choose from; the settings' choices are shown
 */
record CompletionRequest(
    List<Prompt> prompts,
    String suffix,
    OptionalInt maxTokens,
    boolean echo,
    int bestOf,
    GenerationSettings settings) {

  /** A prompt as the client wrote it. */
  sealed interface Prompt {

    record Text(String text) implements Prompt {}

    record Tokens(int[] ids) implements Prompt {}
  }

  private static final int MAX_LOGPROBS = 20;
  private static final int MAX_BEST_OF = 20;

  static CompletionRequest parse(Fields body, int vocabularySize) {
    RequestField.check(body, RequestFields.COMPLETION, RequestFields.COMPLETION_NAMES);
    GenerationSettings settings =
        SettingsFields.parse(
            body, (int) body.integer("logprobs", 0, MAX_LOGPROBS, -1), vocabularySize);
    int bestOf = bestOf(body, settings);
    String suffix = body.string("suffix");
    if (suffix != null && body.flag("echo")) {
      throw body.invalid("echo", "the prompt is not repeated where a text is filled in.");
    }
    List<Prompt> prompts = prompts(body, vocabularySize);
    if ((long) prompts.size() * bestOf > GenerationSettings.MAX_CHOICES) {
      throw body.invalid(
          "prompt",
          "%d prompts with %d answers each are more than %d; send fewer prompts."
              .formatted(prompts.size(), bestOf, GenerationSettings.MAX_CHOICES));
    }
    return new CompletionRequest(
        prompts,
        suffix,
        body.has("max_tokens")
            ? OptionalInt.of((int) body.integer("max_tokens", 0, Integer.MAX_VALUE, 0))
            : OptionalInt.empty(),
        body.flag("echo"),
        bestOf,
        settings);
  }

  private static int bestOf(Fields body, GenerationSettings settings) {
    int bestOf = (int) body.integer("best_of", 0, MAX_BEST_OF, settings.choices());
    if (bestOf < settings.choices() && bestOf > 0) {
      throw body.invalid(
          "best_of", "%d answers are too few to show n=%d.".formatted(bestOf, settings.choices()));
    }
    if (bestOf > settings.choices() && body.flag("stream")) {
      throw body.invalid("best_of", "the best answer is known when all are whole: do not stream.");
    }
    return Math.max(bestOf, settings.choices());
  }

  private static List<Prompt> prompts(Fields body, int vocabularySize) {
    JsonNode value = body.get("prompt");
    String path = body.path("prompt");
    if (value == null) {
      throw body.missing("prompt");
    }
    if (value.isTextual()) {
      return List.of(new Prompt.Text(Fields.text(value, path)));
    }
    if (!value.isArray()) {
      throw Fields.wrongType(path, "a string or an array", value);
    }
    if (value.isEmpty()) {
      throw body.invalid("prompt", "expected at least 1 element, but got an empty array.");
    }
    if (value.get(0).isNumber()) {
      return List.of(tokens(value, path, vocabularySize));
    }
    List<Prompt> prompts = new ArrayList<>(value.size());
    boolean texts = value.get(0).isTextual();
    for (int i = 0; i < value.size(); i++) {
      JsonNode element = value.get(i);
      String at = path + "[" + i + "]";
      if (texts) {
        prompts.add(new Prompt.Text(Fields.text(element, at)));
      } else if (element.isArray()) {
        prompts.add(tokens(element, at, vocabularySize));
      } else {
        throw Fields.wrongType(at, "a string, a token id or an array of token ids", element);
      }
    }
    return prompts;
  }

  private static Prompt tokens(JsonNode array, String path, int vocabularySize) {
    int[] ids = new int[array.size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = (int) Fields.integer(array.get(i), path + "[" + i + "]", 0, vocabularySize - 1);
    }
    return new Prompt.Tokens(ids);
  }
}
