package platform.deepseek.inference.api.openai;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import platform.deepseek.inference.api.json.Fields;

/**
 * A valid request for completions.
 *
 * @param prompts one at least
 * @param maxTokens empty: OpenAI's default of 16, or what fits
 * @param echo the prompt is repeated in front of the answer
 */
record CompletionRequest(
    List<Prompt> prompts, OptionalInt maxTokens, boolean echo, GenerationSettings settings) {

  /** A prompt as the client wrote it. */
  sealed interface Prompt {

    record Text(String text) implements Prompt {}

    record Tokens(int[] ids) implements Prompt {}
  }

  private static final int MAX_LOGPROBS = 20;

  static CompletionRequest parse(Fields body, int vocabularySize) {
    RequestField.check(body, RequestFields.COMPLETION, RequestFields.COMPLETION_NAMES);
    GenerationSettings settings =
        GenerationSettings.parse(
            body, (int) body.integer("logprobs", 0, MAX_LOGPROBS, -1), vocabularySize);
    long bestOf = body.integer("best_of", 0, 20, settings.choices());
    if (bestOf != settings.choices()) {
      throw body.unsupported("best_of", "must equal n: answers are not ranked.");
    }
    List<Prompt> prompts = prompts(body, vocabularySize);
    if ((long) prompts.size() * settings.choices() > GenerationSettings.MAX_CHOICES) {
      throw body.invalid(
          "prompt",
          "%d prompts with n=%d are more than %d choices; send fewer prompts."
              .formatted(prompts.size(), settings.choices(), GenerationSettings.MAX_CHOICES));
    }
    return new CompletionRequest(
        prompts,
        body.has("max_tokens")
            ? OptionalInt.of((int) body.integer("max_tokens", 0, Integer.MAX_VALUE, 0))
            : OptionalInt.empty(),
        body.flag("echo"),
        settings);
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
