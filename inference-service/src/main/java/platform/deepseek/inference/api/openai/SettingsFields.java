package platform.deepseek.inference.api.openai;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import platform.deepseek.inference.api.generation.GenerationSettings;
import platform.deepseek.inference.api.generation.StopStrings;
import platform.deepseek.inference.api.json.Fields;
import platform.deepseek.inference.sampling.SamplingParams;

/** Reads the fields that chat completions and completions have in common. */
public final class SettingsFields {

  private static final int MAX_USER_ID_BYTES = 512;

  private SettingsFields() {}

  /**
   * @param topLogprobs alternatives per token; -1: no log-probabilities are asked for
   */
  public static GenerationSettings parse(Fields body, int topLogprobs, int vocabularySize) {
    body.string("user");
    body.string("safety_identifier");
    body.object("metadata");
    SamplingParams sampling =
        new SamplingParams(
            (float) body.number("temperature", 0, 2, 1),
            (int) Math.max(0, body.integer("top_k", -1, Integer.MAX_VALUE, 0)),
            // 0 asks for the likeliest token alone, which the smallest positive number gives.
            Math.max((float) body.number("top_p", 0, 1, 1), Float.MIN_NORMAL),
            (float) body.number("min_p", 0, 1, 0),
            (float) body.number("presence_penalty", -2, 2, 0),
            (float) body.number("frequency_penalty", -2, 2, 0),
            (float) body.number("repetition_penalty", 0.01, 10, 1),
            logitBias(body, vocabularySize),
            body.has("seed")
                ? body.integer("seed", Long.MIN_VALUE, Long.MAX_VALUE, 0)
                : ThreadLocalRandom.current().nextLong(),
            topLogprobs);
    return new GenerationSettings(
        sampling,
        (int) body.integer("n", 1, GenerationSettings.MAX_CHOICES, 1),
        stop(body),
        body.flag("ignore_eos"),
        cacheSalt(body));
  }

  private static Map<Integer, Float> logitBias(Fields body, int vocabularySize) {
    Fields biases = body.object("logit_bias");
    if (biases == null) {
      return Map.of();
    }
    Map<Integer, Float> result = new HashMap<>();
    for (String name : biases.names()) {
      int token;
      try {
        token = Integer.parseInt(name);
      } catch (NumberFormatException e) {
        token = -1;
      }
      if (token < 0 || token >= vocabularySize) {
        throw body.invalid(
            "logit_bias",
            "keys are token ids from 0 to %d, but got '%s'."
                .formatted(vocabularySize - 1, name.length() <= 40 ? name : name.substring(0, 40)));
      }
      if (!biases.has(name)) {
        throw body.invalid("logit_bias", "token %d has no number.".formatted(token));
      }
      result.put(token, (float) biases.number(name, -100, 100, 0));
    }
    return result;
  }

  private static List<String> stop(Fields body) {
    JsonNode value = body.get("stop");
    if (value == null) {
      return List.of();
    }
    List<String> stops = new ArrayList<>();
    if (value.isTextual()) {
      stops.add(Fields.text(value, body.path("stop")));
    } else if (value.isArray()) {
      StopStrings.requireFew(body, "stop", value.size());
      for (int i = 0; i < value.size(); i++) {
        stops.add(Fields.text(value.get(i), body.path("stop[" + i + "]")));
      }
    } else {
      throw Fields.wrongType(body.path("stop"), "a string or an array of strings", value);
    }
    return StopStrings.checked(body, "stop", stops);
  }

  private static String cacheSalt(Fields body) {
    String userId = body.string("user_id");
    if (userId == null) {
      return "";
    }
    int bytes = userId.getBytes(StandardCharsets.UTF_8).length;
    if (bytes > MAX_USER_ID_BYTES) {
      throw body.invalid(
          "user_id", "at most %d bytes, but got %d.".formatted(MAX_USER_ID_BYTES, bytes));
    }
    return userId;
  }

  /** Whether a stream ends with the usage. */
  static boolean includeUsage(Fields body) {
    boolean stream = body.flag("stream");
    Fields options = body.object("stream_options");
    if (options == null) {
      return false;
    }
    options.allow(Set.of("include_usage", "include_obfuscation"));
    if (!stream) {
      throw body.invalid("stream_options", "only allowed when 'stream' is true.");
    }
    options.flag("include_obfuscation");
    return options.flag("include_usage");
  }
}
