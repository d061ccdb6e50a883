package platform.deepseek.inference.api.anthropic;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import platform.deepseek.inference.api.chat.AnswerShape;
import platform.deepseek.inference.api.chat.ChatRequest;
import platform.deepseek.inference.api.chat.Thinking;
import platform.deepseek.inference.api.chat.Tool;
import platform.deepseek.inference.api.chat.Turn;
import platform.deepseek.inference.api.generation.GenerationSettings;
import platform.deepseek.inference.api.generation.StopStrings;
import platform.deepseek.inference.api.json.Fields;
import platform.deepseek.inference.sampling.SamplingParams;
import platform.deepseek.inference.text.answer.ThinkingMode;

/** Reads a request for a message. */
final class MessageRequestFields {

  private static final int MAX_USER_ID_BYTES = 512;

  private MessageRequestFields() {}

  /**
   * A request that is to be answered.
   *
   * @param reasons whether the model does
   */
  static ChatRequest parse(Fields body, boolean reasons) {
    if (!body.has("max_tokens")) {
      throw body.missing("max_tokens");
    }
    return parseAnySize(body, reasons);
  }

  /** A request that may leave out max_tokens, because its tokens are only counted. */
  static ChatRequest parseAnySize(Fields body, boolean reasons) {
    MessagesFields.check(body);
    checkWhatIsIgnored(body);
    List<Turn> turns = TurnFields.parse(body);
    List<Tool> tools = ToolFields.tools(body);
    OptionalInt maxTokens = maxTokens(body);
    Thinking thinking = ThinkingConfig.parse(body, maxTokens, reasons);
    boolean prefix = turns.getLast().role() == Turn.Role.ASSISTANT;
    if (prefix && body.has("thinking") && thinking.mode() == ThinkingMode.ON) {
      throw body.invalid(
          "thinking", "an answer that is begun has no place for it; end with a user's message.");
    }
    return new ChatRequest(
        turns,
        prefix,
        tools,
        ToolFields.choice(body, tools),
        ToolFields.parallelCalls(body),
        shape(body),
        thinking,
        maxTokens,
        settings(body));
  }

  private static OptionalInt maxTokens(Fields body) {
    int tokens = (int) body.integer("max_tokens", 1, Integer.MAX_VALUE, 0);
    return tokens == 0 ? OptionalInt.empty() : OptionalInt.of(tokens);
  }

  private static AnswerShape shape(Fields body) {
    Fields config = body.object("output_config");
    if (config != null) {
      config.allow(Set.of("effort", "format"));
    }
    Fields format = config == null ? null : config.object("format");
    Fields former = body.object("output_format");
    if (format != null && former != null) {
      throw body.invalid(
          "output_format", "is the former place of output_config.format; send one of them.");
    }
    Fields shape = format == null ? former : format;
    if (shape == null) {
      return new AnswerShape.Text();
    }
    shape.allow(Set.of("type", "schema"));
    if (!shape.requiredString("type").equals("json_schema")) {
      throw shape.invalid("type", "expected json_schema.");
    }
    if (!shape.has("schema")) {
      throw shape.missing("schema");
    }
    return new AnswerShape.JsonSchema(shape.get("schema"), shape.path("schema"));
  }

  private static GenerationSettings settings(Fields body) {
    SamplingParams sampling =
        new SamplingParams(
            (float) body.number("temperature", 0, 1, 1),
            (int) body.integer("top_k", 0, Integer.MAX_VALUE, 0),
            // 0 asks for the likeliest token alone, which the smallest positive number gives.
            Math.max((float) body.number("top_p", 0, 1, 1), Float.MIN_NORMAL),
            0,
            0,
            0,
            1,
            Map.of(),
            ThreadLocalRandom.current().nextLong(),
            -1);
    return new GenerationSettings(sampling, 1, stopSequences(body), false, cacheSalt(body));
  }

  private static List<String> stopSequences(Fields body) {
    List<JsonNode> elements = body.array("stop_sequences");
    StopStrings.requireFew(body, "stop_sequences", elements.size());
    List<String> stops = new ArrayList<>(elements.size());
    for (int i = 0; i < elements.size(); i++) {
      stops.add(Fields.text(elements.get(i), body.path("stop_sequences[" + i + "]")));
    }
    return StopStrings.checked(body, "stop_sequences", stops);
  }

  private static String cacheSalt(Fields body) {
    Fields metadata = body.object("metadata");
    if (metadata == null) {
      return "";
    }
    metadata.allow(Set.of("user_id"));
    String userId = metadata.string("user_id");
    if (userId == null) {
      return "";
    }
    int bytes = userId.getBytes(StandardCharsets.UTF_8).length;
    if (bytes > MAX_USER_ID_BYTES) {
      throw metadata.invalid(
          "user_id", "at most %d bytes, but got %d.".formatted(MAX_USER_ID_BYTES, bytes));
    }
    return userId;
  }

  private static void checkWhatIsIgnored(Fields body) {
    body.object("cache_control");
    body.object("context_management");
    body.object("diagnostics");
    for (String name :
        List.of("inference_geo", "service_tier", "speed", "user_profile_id", "workspace_id")) {
      body.string(name);
    }
    if (!body.array("mcp_servers").isEmpty()) {
      throw body.unsupported("mcp_servers", "has to be empty: nothing leaves this network.");
    }
  }
}
