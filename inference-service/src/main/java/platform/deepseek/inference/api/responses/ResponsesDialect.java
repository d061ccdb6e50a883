package platform.deepseek.inference.api.responses;

import io.vertx.core.buffer.Buffer;
import java.util.List;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.error.ErrorStyle;
import platform.deepseek.inference.api.json.JsonBytes;
import platform.deepseek.inference.api.openai.Logprobs;
import platform.deepseek.inference.api.openai.OpenAiErrors;
import platform.deepseek.inference.api.stream.Answer;
import platform.deepseek.inference.api.stream.Dialect;
import platform.deepseek.inference.api.stream.Ending;
import platform.deepseek.inference.api.stream.Piece;
import platform.deepseek.inference.api.stream.TokenCount;

/**
 * The shape {@code response} and its numbered events. What is written as events is put into the
 * response on the way; a whole response is written as it stands.
 */
final class ResponsesDialect implements Dialect {

  private final LiveResponse response;
  private final ItemJson items;
  private final Logprobs logprobs;
  private long sequence;
  private boolean opened;

  ResponsesDialect(LiveResponse response, ItemJson items, Logprobs logprobs) {
    this.response = response;
    this.items = items;
    this.logprobs = logprobs;
  }

  @Override
  public Buffer opening(int choice, TokenCount prompt) {
    response.opened();
    opened = true;
    JsonBytes events = new JsonBytes(4_096);
    whole(events, "response.created");
    return whole(events, "response.in_progress").toBuffer();
  }

  @Override
  public Buffer delta(int choice, Piece piece) {
    return events(response.add(piece));
  }

  @Override
  public Buffer ending(int choice, Ending ending) {
    return events(response.end(ending));
  }

  @Override
  public Buffer closing(TokenCount count) {
    response.complete(count);
    return last();
  }

  @Override
  public Buffer failure(ApiException failure) {
    response.fail(failure);
    if (opened) {
      return last();
    }
    return begin(new JsonBytes(512), "error")
        .raw(",\"code\":")
        .string(failure.error().code())
        .raw(",\"message\":")
        .string(failure.getMessage())
        .raw(",\"param\":")
        .string(failure.param())
        .raw("}\n\n")
        .toBuffer();
  }

  /** The event that ends the stream; a cancelled response is an incomplete one to its reader. */
  private Buffer last() {
    String type =
        switch (response.status()) {
          case COMPLETED -> "response.completed";
          case INCOMPLETE, CANCELLED -> "response.incomplete";
          case FAILED -> "response.failed";
          case QUEUED, IN_PROGRESS ->
              throw new IllegalStateException(response.id + " has not ended");
        };
    return whole(new JsonBytes(4_096), type).toBuffer();
  }

  @Override
  public Buffer keepAlive() {
    return Buffer.buffer(": keep-alive\n\n");
  }

  /** The answers went into the response already. */
  @Override
  public Buffer whole(List<Answer> answers, TokenCount count) {
    return response.json().toBuffer();
  }

  @Override
  public ErrorStyle errors() {
    return OpenAiErrors.STYLE;
  }

  private JsonBytes whole(JsonBytes json, String type) {
    return begin(json, type).raw(",\"response\":").raw(response.json().toBytes()).raw("}\n\n");
  }

  private Buffer events(List<OutputEvent> events) {
    if (events.isEmpty()) {
      return null;
    }
    JsonBytes json = new JsonBytes(512);
    events.forEach(event -> write(json, event));
    return json.toBuffer();
  }

  private void write(JsonBytes json, OutputEvent event) {
    switch (event) {
      case OutputEvent.ItemAdded added ->
          items.write(
              place(json, "response.output_item.added", event).raw(",\"item\":"), added.item());
      case OutputEvent.ItemDone done ->
          items.write(
              place(json, "response.output_item.done", event).raw(",\"item\":"), done.item());
      case OutputEvent.PartAdded added -> {
        Part part = added.part();
        items.write(
            part(json, part.type(), named(part.type(), "part.added"), event, added.itemId())
                .raw(",\"part\":"),
            part);
      }
      case OutputEvent.PartDone done -> {
        textDone(json, done);
        Part part = done.part();
        items.write(
            part(json, part.type(), named(part.type(), "part.done"), event, done.itemId())
                .raw(",\"part\":"),
            part);
      }
      case OutputEvent.TextDelta delta -> {
        part(json, Part.Type.OUTPUT_TEXT, "response.output_text.delta", event, delta.itemId())
            .raw(",\"delta\":")
            .string(delta.text())
            .raw(",\"logprobs\":");
        logprobs.write(json, delta.scores());
      }
      case OutputEvent.ReasoningDelta delta ->
          part(json, delta.part(), named(delta.part(), "text.delta"), event, delta.itemId())
              .raw(",\"delta\":")
              .string(delta.text());
      case OutputEvent.ArgumentsDelta delta ->
          of(json, "response.function_call_arguments.delta", event, delta.itemId())
              .raw(",\"delta\":")
              .string(delta.text());
      case OutputEvent.ArgumentsDone done ->
          of(json, "response.function_call_arguments.done", event, done.call().id())
              .raw(",\"name\":")
              .string(FunctionName.called(done.call().name()).name())
              .raw(",\"arguments\":")
              .string(done.call().arguments());
    }
    json.raw("}\n\n");
  }

  private void textDone(JsonBytes json, OutputEvent.PartDone done) {
    Part part = done.part();
    part(json, part.type(), named(part.type(), "text.done"), done, done.itemId())
        .raw(",\"text\":")
        .string(part.text());
    if (part.type() == Part.Type.OUTPUT_TEXT) {
      logprobs.write(json.raw(",\"logprobs\":"), part.scores());
    }
    json.raw("}\n\n");
  }

  /** The name of an event about a part; a summary's have names of their own throughout. */
  private static String named(Part.Type type, String change) {
    boolean ofText = change.startsWith("text");
    return switch (type) {
      case SUMMARY_TEXT -> "response.reasoning_summary_" + change;
      case REASONING_TEXT -> "response." + (ofText ? "reasoning_" : "content_") + change;
      case OUTPUT_TEXT, INPUT_TEXT, REFUSAL ->
          "response." + (ofText ? "output_" : "content_") + change;
    };
  }

  /** Every item here has one part. */
  private JsonBytes part(
      JsonBytes json, Part.Type type, String name, OutputEvent event, String itemId) {
    String index = type == Part.Type.SUMMARY_TEXT ? "summary_index" : "content_index";
    return of(json, name, event, itemId).raw(",\"").raw(index).raw("\":0");
  }

  private JsonBytes of(JsonBytes json, String type, OutputEvent event, String itemId) {
    return place(json, type, event).raw(",\"item_id\":").string(itemId);
  }

  private JsonBytes place(JsonBytes json, String type, OutputEvent event) {
    return begin(json, type).raw(",\"output_index\":").number(event.index());
  }

  private JsonBytes begin(JsonBytes json, String type) {
    return json.raw("event: ")
        .raw(type)
        .raw("\ndata: {\"type\":")
        .string(type)
        .raw(",\"sequence_number\":")
        .number(sequence++);
  }
}
