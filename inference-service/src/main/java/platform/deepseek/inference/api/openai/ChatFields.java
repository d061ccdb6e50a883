package platform.deepseek.inference.api.openai;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import platform.deepseek.inference.api.chat.AnswerShape;
import platform.deepseek.inference.api.chat.ChatRequest;
import platform.deepseek.inference.api.chat.Tool;
import platform.deepseek.inference.api.chat.Turn;
import platform.deepseek.inference.api.json.Fields;

/** Reads a request for a chat completion. */
public final class ChatFields {

  public static final int MAX_TOP_LOGPROBS = 20;

  private ChatFields() {}

  static ChatRequest parse(Fields body, int vocabularySize) {
    RequestField.check(body, RequestFields.CHAT, RequestFields.CHAT_NAMES);
    refuseWhatIsNotHonoured(body);
    List<Turn> turns = MessageFields.parse(body);
    List<Tool> tools = ToolFields.tools(body);
    return new ChatRequest(
        turns,
        MessageFields.prefix(body),
        tools,
        ToolFields.choice(body, tools),
        ToolFields.parallelCalls(body),
        shape(body),
        ThinkingFields.parse(body),
        maxTokens(body),
        SettingsFields.parse(body, topLogprobs(body), vocabularySize),
        prediction(body));
  }

  private static String prediction(Fields body) {
    Fields prediction = body.object("prediction");
    if (prediction == null) {
      return "";
    }
    prediction.allow(Set.of("type", "content"));
    if (!prediction.requiredString("type").equals("content")) {
      throw prediction.invalid("type", "expected content.");
    }
    return MessageFields.plainText(prediction);
  }

  private static OptionalInt maxTokens(Fields body) {
    long old = body.integer("max_tokens", 1, Integer.MAX_VALUE, 0);
    long current = body.integer("max_completion_tokens", 1, Integer.MAX_VALUE, 0);
    if (old != 0 && current != 0 && old != current) {
      throw body.invalid(
          "max_tokens",
          "%d contradicts max_completion_tokens %d; send one of them.".formatted(old, current));
    }
    int tokens = (int) Math.max(old, current);
    return tokens == 0 ? OptionalInt.empty() : OptionalInt.of(tokens);
  }

  private static int topLogprobs(Fields body) {
    boolean asked = body.flag("logprobs");
    if (!body.has("top_logprobs")) {
      return asked ? 0 : -1;
    }
    int top = (int) body.integer("top_logprobs", 0, MAX_TOP_LOGPROBS, 0);
    if (!asked) {
      throw body.invalid("top_logprobs", "only allowed when 'logprobs' is true.");
    }
    return top;
  }

  private static AnswerShape shape(Fields body) {
    Fields format = body.object("response_format");
    if (format == null) {
      return new AnswerShape.Text();
    }
    return switch (format.requiredString("type")) {
      case "text" -> {
        format.allow(Set.of("type"));
        yield new AnswerShape.Text();
      }
      case "json_object" -> {
        format.allow(Set.of("type"));
        yield new AnswerShape.JsonObject();
      }
      case "json_schema" -> {
        format.allow(Set.of("type", "json_schema"));
        Fields schema = format.object("json_schema");
        if (schema == null) {
          throw format.missing("json_schema");
        }
        schema.allow(Set.of("name", "description", "schema", "strict"));
        yield schema(schema);
      }
      default -> throw format.invalid("type", "expected text, json_object or json_schema.");
    };
  }

  /** A shape whose name and schema are fields of one object. */
  public static AnswerShape schema(Fields fields) {
    String name = fields.requiredString("name");
    if (!name.matches(Tool.NAME_PATTERN)) {
      throw fields.invalid("name", "expected 1 to 64 of A-Z, a-z, 0-9, _ and -.");
    }
    fields.string("description");
    fields.flag("strict"); // the answer follows the schema in either case
    JsonNode schema = fields.get("schema");
    if (schema == null) {
      throw fields.missing("schema");
    }
    return new AnswerShape.JsonSchema(schema, fields.path("schema"));
  }

  /** The level in which every model writes that has none. */
  public static void requireMediumVerbosity(Fields fields) {
    String verbosity = fields.string("verbosity");
    if (verbosity != null && !verbosity.equals("medium")) {
      throw fields.unsupported(
          "verbosity", "has one value here, medium: no model has levels of it.");
    }
  }

  private static void refuseWhatIsNotHonoured(Fields body) {
    for (JsonNode modality : body.array("modalities")) {
      if (!Fields.text(modality, body.path("modalities")).equals("text")) {
        throw body.unsupported("modalities", "has one value here, text.");
      }
    }
    if (!body.array("functions").isEmpty()) {
      throw body.unsupported("functions", "is OpenAI's former name of tools; send tools.");
    }
    JsonNode call = body.get("function_call");
    if (call != null && !(call.isTextual() && Set.of("none", "auto").contains(call.textValue()))) {
      throw body.unsupported("function_call", "is OpenAI's former name; send tool_choice.");
    }
    requireMediumVerbosity(body);
    if (body.flag("store")) {
      throw body.unsupported("store", "true is not supported: chat completions are not stored.");
    }
  }
}
