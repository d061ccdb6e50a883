package platform.deepseek.inference.api.anthropic;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.error.ErrorStyle;
import platform.deepseek.inference.api.json.JsonBody;
import platform.deepseek.inference.api.json.JsonBytes;
import platform.deepseek.inference.api.stream.Answer;
import platform.deepseek.inference.api.stream.Dialect;
import platform.deepseek.inference.api.stream.Ending;
import platform.deepseek.inference.api.stream.Piece;
import platform.deepseek.inference.api.stream.TokenCount;

/**
 * Anthropic's message, whole or as named events. An answer is a list of blocks, one open at a time:
 * a piece of another kind closes the block before it. An answer of nothing has no blocks.
 *
 * <p>The input of a tool is an object in a whole message. Where the model's text is none, because
 * max_tokens cut it or because it is not JSON, the input is {@code {"INVALID_JSON": "the text"}}:
 * Anthropic's own advice to clients for that case. In a stream the text comes as it is.
 */
final class MessagesDialect implements Dialect {

  private enum Open {
    NOTHING,
    THINKING,
    TEXT,
    TOOL_USE
  }

  private static final String PING = "event: ping\ndata: {\"type\":\"ping\"}\n\n";

  private final String id;
  private final String model;
  private final boolean thinkingShown;
  private final ThinkingSignature signature = new ThinkingSignature();
  private Open open = Open.NOTHING;
  private int blocks;
  private Ending ending;

  /**
   * @param thinkingShown whether the text of the reasoning is part of the answer
   */
  MessagesDialect(String id, String model, boolean thinkingShown) {
    this.id = id;
    this.model = model;
    this.thinkingShown = thinkingShown;
  }

  @Override
  public Buffer opening(int choice, TokenCount prompt) {
    JsonBytes json = event(512, "message_start").raw(",\"message\":");
    head(json).raw("],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":");
    return usage(json, prompt).raw("}}\n\n").raw(PING).toBuffer();
  }

  private JsonBytes head(JsonBytes json) {
    return json.raw("{\"id\":")
        .string(id)
        .raw(",\"type\":\"message\",\"role\":\"assistant\",\"model\":")
        .string(model)
        .raw(",\"content\":[");
  }

  @Override
  public Buffer delta(int choice, Piece piece) {
    JsonBytes json = new JsonBytes(256);
    boolean written =
        switch (piece) {
          case Piece.Text said -> text(json, said.text());
          case Piece.Reasoning thought -> thinking(json, thought.text());
          case Piece.CallStarted call -> {
            close(json);
            open = Open.TOOL_USE;
            toolUse(start(json), call.id(), call.name()).raw("{}}}\n\n");
            yield true;
          }
          case Piece.CallArguments more -> {
            deltaOf(json, "input_json_delta", "partial_json", more.text());
            yield true;
          }
          case Piece.CallEnded ended -> close(json);
        };
    return written ? json.toBuffer() : null;
  }

  private boolean text(JsonBytes json, String text) {
    if (text.isEmpty()) {
      return false;
    }
    if (open != Open.TEXT) {
      close(json);
      open = Open.TEXT;
      start(json).raw("{\"type\":\"text\",\"text\":\"\"}}\n\n");
    }
    deltaOf(json, "text_delta", "text", text);
    return true;
  }

  private boolean thinking(JsonBytes json, String text) {
    if (text.isEmpty()) {
      return false;
    }
    boolean starts = open != Open.THINKING;
    if (starts) {
      close(json);
      open = Open.THINKING;
      start(json).raw("{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}}\n\n");
    }
    signature.add(text);
    if (thinkingShown) {
      deltaOf(json, "thinking_delta", "thinking", text);
    }
    return starts || thinkingShown;
  }

  private JsonBytes start(JsonBytes json) {
    return event(json, "content_block_start")
        .raw(",\"index\":")
        .number(blocks)
        .raw(",\"content_block\":");
  }

  private void deltaOf(JsonBytes json, String type, String field, String text) {
    event(json, "content_block_delta")
        .raw(",\"index\":")
        .number(blocks)
        .raw(",\"delta\":{\"type\":\"")
        .raw(type)
        .raw("\",\"")
        .raw(field)
        .raw("\":")
        .string(text)
        .raw("}}\n\n");
  }

  /** Ends the block that is open; false where none is. */
  private boolean close(JsonBytes json) {
    if (open == Open.NOTHING) {
      return false;
    }
    if (open == Open.THINKING) {
      deltaOf(json, "signature_delta", "signature", signature.take());
    }
    event(json, "content_block_stop").raw(",\"index\":").number(blocks).raw("}\n\n");
    open = Open.NOTHING;
    blocks++;
    return true;
  }

  @Override
  public Buffer ending(int choice, Ending ending) {
    this.ending = ending;
    JsonBytes json = new JsonBytes(256);
    return close(json) ? json.toBuffer() : null;
  }

  @Override
  public Buffer closing(TokenCount count) {
    JsonBytes json = event(512, "message_delta").raw(",\"delta\":{");
    stop(json, ending).raw("},\"usage\":");
    usage(json, count).raw("}\n\n");
    return event(json, "message_stop").raw("}\n\n").toBuffer();
  }

  @Override
  public Buffer failure(ApiException failure) {
    return new JsonBytes(256)
        .raw("event: error\ndata: ")
        .raw(errors().body(failure).toBytes())
        .raw("\n\n")
        .toBuffer();
  }

  @Override
  public Buffer keepAlive() {
    return Buffer.buffer(PING);
  }

  @Override
  public ErrorStyle errors() {
    return AnthropicErrors.STYLE;
  }

  @Override
  public Buffer whole(List<Answer> answers, TokenCount count) {
    Answer answer = answers.getFirst();
    JsonBytes json = head(new JsonBytes(1024));
    String separator = "";
    if (answer.reasoning() != null && !answer.reasoning().isEmpty()) {
      json.raw("{\"type\":\"thinking\",\"thinking\":")
          .string(thinkingShown ? answer.reasoning() : "")
          .raw(",\"signature\":")
          .string(signature.add(answer.reasoning()).take())
          .raw("}");
      separator = ",";
    }
    if (!answer.text().isEmpty()) {
      json.raw(separator).raw("{\"type\":\"text\",\"text\":").string(answer.text()).raw("}");
      separator = ",";
    }
    for (Answer.Call call : answer.calls()) {
      toolUse(json.raw(separator), call.id(), call.name());
      input(json, call.arguments()).raw("}");
      separator = ",";
    }
    stop(json.raw("],"), answer.ending()).raw(",\"usage\":");
    return usage(json, count).raw("}").toBuffer();
  }

  /** Up to the input. */
  private static JsonBytes toolUse(JsonBytes json, String id, String name) {
    return json.raw("{\"type\":\"tool_use\",\"id\":")
        .string(id.startsWith("call_") ? "toolu_" + id.substring("call_".length()) : id)
        .raw(",\"name\":")
        .string(name)
        .raw(",\"input\":");
  }

  private static JsonBytes input(JsonBytes json, String arguments) {
    if (arguments.isBlank()) {
      return json.raw("{}");
    }
    byte[] bytes = arguments.getBytes(StandardCharsets.UTF_8);
    return isObject(bytes)
        ? json.raw(bytes)
        : json.raw("{\"INVALID_JSON\":").string(arguments).raw("}");
  }

  private static boolean isObject(byte[] bytes) {
    try {
      JsonBody.parse(bytes);
      return true;
    } catch (ApiException notAnObject) {
      return false;
    }
  }

  private static JsonBytes stop(JsonBytes json, Ending ending) {
    return json.raw("\"stop_reason\":")
        .string(reason(ending))
        .raw(",\"stop_sequence\":")
        .string(ending.stopString());
  }

  private static String reason(Ending ending) {
    return switch (ending.reason()) {
      case STOP -> ending.stopString() == null ? "end_turn" : "stop_sequence";
      case LENGTH -> "max_tokens";
      case TOOL_CALLS -> "tool_use";
      case INSUFFICIENT_SYSTEM_RESOURCE ->
          throw new IllegalStateException("Anthropic's answers do not end short: they fail");
    };
  }

  /** Anthropic's input_tokens are those of the prompt that were not read from the cache. */
  private static JsonBytes usage(JsonBytes json, TokenCount count) {
    return json.raw("{\"input_tokens\":")
        .number(count.prompt() - count.cached())
        .raw(",\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":")
        .number(count.cached())
        .raw(",\"output_tokens\":")
        .number(count.completion())
        .raw(",\"output_tokens_details\":{\"thinking_tokens\":")
        .number(count.reasoning())
        .raw("}}");
  }

  private static JsonBytes event(int capacity, String name) {
    return event(new JsonBytes(capacity), name);
  }

  /** Up to the type, which is the event's name again. */
  private static JsonBytes event(JsonBytes json, String name) {
    return json.raw("event: ").raw(name).raw("\ndata: {\"type\":\"").raw(name).raw("\"");
  }
}
