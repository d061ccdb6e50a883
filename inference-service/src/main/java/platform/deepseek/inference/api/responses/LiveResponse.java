package platform.deepseek.inference.api.responses;

import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import platform.deepseek.inference.api.account.Caller;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.json.JsonBytes;
import platform.deepseek.inference.api.stream.Ending;
import platform.deepseek.inference.api.stream.Piece;
import platform.deepseek.inference.api.stream.TokenCount;

/**
 * A response from its beginning to its end, and after it for as long as it is kept. Written on the
 * event loop it runs on, read from any thread. It ends once; what comes later changes nothing.
 */
final class LiveResponse {

  /** The names are OpenAI's. */
  enum Status {
    QUEUED,
    IN_PROGRESS,
    COMPLETED,
    INCOMPLETE,
    FAILED,
    CANCELLED;

    final String code = name().toLowerCase(Locale.ROOT);
  }

  /** Bytes of memory beside its items and settings, estimated from above. */
  private static final long FIXED_SIZE = 1_024;

  final String id;
  final Caller caller;
  final boolean background;

  private final long created = System.currentTimeMillis() / 1000;
  private final byte[] settings;
  private final Passage input;
  private final ItemJson items;
  private final Consumer<LiveResponse> onEnd;
  private final Part.Type thought;
  private Output output;
  private volatile Status status;
  private volatile Passage whole;
  private long completed;
  private boolean cutShort;
  private ApiException failure;
  private TokenCount usage;
  private Runnable stop = () -> {};

  /**
   * @param settings the fields of the response that never change, with the closing brace
   * @param input with the conversation in front of it
   * @param thought what reasoning is told as: reasoning or a summary
   * @param onEnd called once, with {@link #whole} known
   */
  LiveResponse(
      String id,
      Caller caller,
      boolean background,
      byte[] settings,
      Passage input,
      ItemJson items,
      Part.Type thought,
      Consumer<LiveResponse> onEnd) {
    this.id = id;
    this.caller = caller;
    this.background = background;
    this.settings = settings;
    this.input = input;
    this.items = items;
    this.onEnd = onEnd;
    this.thought = thought;
    output = new Output(thought);
    status = background ? Status.QUEUED : Status.IN_PROGRESS;
  }

  Passage input() {
    return input;
  }

  /** The conversation with the answer; null while it runs. */
  Passage whole() {
    return whole;
  }

  Status status() {
    return status;
  }

  boolean ended() {
    return switch (status) {
      case QUEUED, IN_PROGRESS -> false;
      case COMPLETED, INCOMPLETE, FAILED, CANCELLED -> true;
    };
  }

  /** Bytes of memory without its conversation. */
  long size() {
    return FIXED_SIZE + settings.length;
  }

  /** What ends it in the engine. */
  synchronized void stopsBy(Runnable stop) {
    if (!ended()) {
      this.stop = stop;
    }
  }

  synchronized void opened() {
    if (!ended()) {
      status = Status.IN_PROGRESS;
    }
  }

  synchronized List<OutputEvent> add(Piece piece) {
    return ended() ? List.of() : output.add(piece);
  }

  /** The answer is whole, or was cut short by a limit. */
  synchronized List<OutputEvent> end(Ending ending) {
    if (ended()) {
      return List.of();
    }
    cutShort =
        switch (ending.reason()) {
          case STOP, TOOL_CALLS -> false;
          case LENGTH, INSUFFICIENT_SYSTEM_RESOURCE -> true;
        };
    return output.end(!cutShort);
  }

  synchronized void complete(TokenCount count) {
    if (!ended()) {
      usage = count;
      close(cutShort ? Status.INCOMPLETE : Status.COMPLETED);
    }
  }

  synchronized void fail(ApiException failure) {
    if (!ended()) {
      this.failure = failure;
      output.end(false);
      close(Status.FAILED);
    }
  }

  /** Ends it here and in the engine. */
  synchronized void cancel() {
    if (!ended()) {
      output.end(false);
      Runnable running = stop;
      close(Status.CANCELLED);
      running.run();
    }
  }

  private void close(Status last) {
    completed = System.currentTimeMillis() / 1000;
    whole = new Passage(input, output.items());
    status = last;
    output = new Output(thought); // it may be kept for long: without what is of no use any more
    stop = () -> {};
    onEnd.accept(this);
  }

  /** OpenAI's object, as it is now. */
  synchronized JsonBytes json() {
    JsonBytes json =
        new JsonBytes(1_024 + settings.length)
            .raw("{\"id\":")
            .string(id)
            .raw(",\"object\":\"response\",\"created_at\":")
            .number(created)
            .raw(",\"status\":")
            .string(status.code)
            .raw(",\"completed_at\":")
            .raw(status == Status.COMPLETED ? Long.toString(completed) : "null")
            .raw(",\"error\":");
    error(json).raw(",\"incomplete_details\":");
    json.raw(status == Status.INCOMPLETE ? "{\"reason\":\"max_output_tokens\"}" : "null");
    items.array(json.raw(",\"output\":"), whole == null ? output.items() : whole.items);
    return usage(json.raw(",\"usage\":")).raw(",").raw(settings);
  }

  private JsonBytes error(JsonBytes json) {
    if (failure == null) {
      return json.raw("null");
    }
    return json.raw("{\"code\":")
        .string(
            switch (failure.error().kind) {
              case REQUEST -> "invalid_prompt";
              case RATE_LIMIT -> "rate_limit_exceeded";
              case SERVER -> "server_error";
            })
        .raw(",\"message\":")
        .string(failure.getMessage())
        .raw("}");
  }

  private JsonBytes usage(JsonBytes json) {
    if (usage == null) {
      return json.raw("null");
    }
    return json.raw("{\"input_tokens\":")
        .number(usage.prompt())
        .raw(",\"input_tokens_details\":{\"cached_tokens\":")
        .number(usage.cached())
        .raw(",\"cache_write_tokens\":0},\"output_tokens\":") // to be kept costs nothing here
        .number(usage.completion())
        .raw(",\"output_tokens_details\":{\"reasoning_tokens\":")
        .number(usage.reasoning())
        .raw("},\"total_tokens\":")
        .number((long) usage.prompt() + usage.completion())
        .raw("}");
  }
}
