package platform.deepseek.inference.api.responses;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import platform.deepseek.inference.api.account.Caller;
import platform.deepseek.inference.api.chat.AnswerShape;
import platform.deepseek.inference.api.chat.ChatRequest;
import platform.deepseek.inference.api.chat.Thinking;
import platform.deepseek.inference.api.chat.Tool;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.json.Fields;
import platform.deepseek.inference.api.openai.ChatFields;
import platform.deepseek.inference.api.openai.RequestField;
import platform.deepseek.inference.api.openai.SettingsFields;
import platform.deepseek.inference.api.openai.ThinkingFields;
import platform.deepseek.inference.api.openai.ToolFields;

/** Reads a request for a response, with what is kept of earlier ones. */
final class ResponseParser {

  private static final int MAX_METADATA = 16;
  private static final int MAX_METADATA_NAME = 64;
  private static final int MAX_METADATA_VALUE = 512;

  private final String model;
  private final int vocabularySize;
  private final ResponseStore store;

  ResponseParser(String model, int vocabularySize, ResponseStore store) {
    this.model = model;
    this.vocabularySize = vocabularySize;
    this.store = store;
  }

  ResponseRequest parse(Caller caller, Fields body) {
    RequestField.check(body, ResponseFields.RESPONSE, ResponseFields.RESPONSE_NAMES);
    boolean kept = !body.has("store") || body.flag("store");
    boolean background = body.flag("background");
    if (background && !kept) {
      throw body.invalid("background", "true needs 'store' to be true.");
    }
    body.integer("max_tool_calls", 1, Integer.MAX_VALUE, 1);
    body.string("service_tier");
    body.string("prompt_cache_key");
    body.string("prompt_cache_retention");
    body.object("prompt_cache_options");
    body.object("client_metadata");
    metadata(body);
    boolean stream = body.flag("stream");
    streamOptions(body, stream);
    return conversation(caller, body, kept, background, stream);
  }

  /** A request whose tokens are only counted. */
  ResponseRequest parseToCount(Caller caller, Fields body) {
    RequestField.check(body, ResponseFields.INPUT_TOKENS, ResponseFields.INPUT_TOKENS_NAMES);
    return conversation(caller, body, false, false, false);
  }

  private ResponseRequest conversation(
      Caller caller, Fields body, boolean kept, boolean background, boolean stream) {
    refuseTruncation(body);
    Passage before = previous(caller, body);
    List<Item> input = new ItemFields(reference -> item(caller, reference)).parse(body);
    List<Item> all = new Passage(before, input).conversation();
    List<Tool> tools = ResponseTools.tools(body);
    long maxTokens = body.integer("max_output_tokens", 1, Integer.MAX_VALUE, 0);
    ChatRequest chat =
        new ChatRequest(
            ItemTurns.of(body.string("instructions"), all),
            false,
            tools,
            ResponseTools.choice(body, tools),
            ToolFields.parallelCalls(body),
            shape(body.object("text")),
            thinking(body.object("reasoning")),
            maxTokens == 0 ? OptionalInt.empty() : OptionalInt.of((int) maxTokens),
            SettingsFields.parse(body, topLogprobs(body), vocabularySize));
    byte[] settings = ResponseSettings.of(body, model, tools, kept);
    return new ResponseRequest(
        before, input, chat, thought(body), settings, kept, background, stream);
  }

  private Passage previous(Caller caller, Fields body) {
    String id = body.string("previous_response_id");
    if (id == null) {
      return null;
    }
    LiveResponse previous =
        store
            .find(caller, id)
            .orElseThrow(
                () ->
                    new ApiException(
                        ApiError.PREVIOUS_RESPONSE_NOT_FOUND,
                        "Previous response with id '%s' not found.".formatted(Id.shown(id)),
                        body.path("previous_response_id")));
    if (!previous.ended()) {
      throw body.invalid(
          "previous_response_id",
          "response '%s' is still %s; wait for its end.".formatted(id, previous.status().code));
    }
    return previous.whole();
  }

  private Item item(Caller caller, Fields reference) {
    String id = reference.requiredString("id");
    return store
        .item(caller, id)
        .orElseThrow(
            () ->
                new ApiException(
                    ApiError.RESPONSE_NOT_FOUND,
                    "Item with id '%s' not found.".formatted(Id.shown(id)),
                    reference.path("id")));
  }

  private static void refuseTruncation(Fields body) {
    String truncation = body.string("truncation");
    if (truncation == null || truncation.equals("disabled")) {
      return;
    }
    if (truncation.equals("auto")) {
      throw body.unsupported(
          "truncation", "'auto' is not supported: nothing is dropped; shorten the input.");
    }
    throw body.invalid("truncation", "expected disabled.");
  }

  private static AnswerShape shape(Fields text) {
    if (text == null) {
      return new AnswerShape.Text();
    }
    text.allow(Set.of("format", "verbosity"));
    ChatFields.requireMediumVerbosity(text);
    Fields format = text.object("format");
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
        format.allow(Set.of("type", "name", "description", "schema", "strict"));
        yield ChatFields.schema(format);
      }
      default -> throw format.invalid("type", "expected text, json_object or json_schema.");
    };
  }

  private static Thinking thinking(Fields reasoning) {
    if (reasoning == null) {
      return Thinking.DEFAULT;
    }
    reasoning.allow(Set.of("effort", "summary", "generate_summary"));
    for (String name : List.of("summary", "generate_summary")) {
      String summary = reasoning.string(name);
      if (summary != null && !Set.of("auto", "concise", "detailed").contains(summary)) {
        throw reasoning.invalid(name, "expected auto, concise or detailed.");
      }
    }
    return ThinkingFields.effort(reasoning, "effort");
  }

  /** Most clients show a summary alone; here it is all that was thought. */
  private static Part.Type thought(Fields body) {
    Fields reasoning = body.object("reasoning");
    boolean summary =
        reasoning != null && (reasoning.has("summary") || reasoning.has("generate_summary"));
    return summary ? Part.Type.SUMMARY_TEXT : Part.Type.REASONING_TEXT;
  }

  private static int topLogprobs(Fields body) {
    boolean asked = false;
    for (JsonNode element : body.array("include")) {
      String include = Fields.text(element, body.path("include"));
      switch (include) {
        case "message.output_text.logprobs" -> asked = true;
        case "reasoning.encrypted_content" -> {} // reasoning is told as it is
        default ->
            throw body.unsupported(
                "include", "'%s' is not supported.".formatted(Id.shown(include)));
      }
    }
    int top = (int) body.integer("top_logprobs", 0, ChatFields.MAX_TOP_LOGPROBS, 0);
    if (top > 0 && !asked) {
      throw body.invalid(
          "top_logprobs", "only allowed when 'include' has message.output_text.logprobs.");
    }
    return asked ? top : -1;
  }

  private static void streamOptions(Fields body, boolean stream) {
    Fields options = body.object("stream_options");
    if (options == null) {
      return;
    }
    options.allow(Set.of("include_obfuscation"));
    options.flag("include_obfuscation");
    if (!stream) {
      throw body.invalid("stream_options", "only allowed when 'stream' is true.");
    }
  }

  private static void metadata(Fields body) {
    Fields metadata = body.object("metadata");
    if (metadata == null) {
      return;
    }
    List<String> names = new ArrayList<>(metadata.names());
    if (names.size() > MAX_METADATA) {
      throw body.invalid(
          "metadata", "at most %d pairs, but got %d.".formatted(MAX_METADATA, names.size()));
    }
    for (String name : names) {
      if (name.length() > MAX_METADATA_NAME) {
        throw body.invalid(
            "metadata",
            "names have at most %d characters, but one has %d."
                .formatted(MAX_METADATA_NAME, name.length()));
      }
      String value = metadata.requiredString(name);
      if (value.length() > MAX_METADATA_VALUE) {
        throw body.invalid(
            "metadata",
            "values have at most %d characters, but one has %d."
                .formatted(MAX_METADATA_VALUE, value.length()));
      }
    }
  }
}
