package platform.deepseek.inference.api.openai;

import io.vertx.core.buffer.Buffer;
import java.util.List;
import platform.deepseek.inference.api.json.JsonBytes;
import platform.deepseek.inference.api.stream.Answer;
import platform.deepseek.inference.api.stream.Ending;
import platform.deepseek.inference.api.stream.Piece;
import platform.deepseek.inference.api.stream.ScoredToken;
import platform.deepseek.inference.api.stream.TokenCount;
import platform.deepseek.inference.text.Tokenizer;

/**
 * The shapes {@code chat.completion} and {@code chat.completion.chunk}, OpenAI's with DeepSeek's
 * {@code reasoning_content} where the model reasons.
 */
final class ChatDialect extends EnvelopeDialect {

  private final Logprobs logprobs;
  private final boolean scored;

  ChatDialect(
      Envelope envelope,
      Tokenizer tokenizer,
      boolean scored,
      boolean includeUsage,
      Surface surface) {
    super(envelope, includeUsage, surface);
    this.logprobs = new Logprobs(tokenizer);
    this.scored = scored;
  }

  @Override
  public Buffer opening(int choice, TokenCount prompt) {
    return chunk(choice, 128)
        .raw("{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null}")
        .raw(",\"logprobs\":null,\"finish_reason\":null")
        .raw(chunkEnd)
        .toBuffer();
  }

  @Override
  public Buffer delta(int choice, Piece piece) {
    return switch (piece) {
      case Piece.Text(String text, List<ScoredToken> scores) -> {
        JsonBytes json = text(choice, "{\"content\":\"", text);
        yield end(logprobs(json, "content", scores));
      }
      case Piece.Reasoning(String text, List<ScoredToken> scores) -> {
        JsonBytes json = text(choice, "{\"reasoning_content\":\"", text);
        yield end(logprobs(json, "reasoning_content", scores));
      }
      case Piece.CallStarted call ->
          end(
              call(choice, call.call(), 96)
                  .raw(",\"id\":")
                  .string(call.id())
                  .raw(",\"type\":\"function\",\"function\":{\"name\":")
                  .string(call.name())
                  .raw(",\"arguments\":\"\"}}]},\"logprobs\":null"));
      case Piece.CallArguments more ->
          end(
              call(choice, more.call(), 64 + more.text().length() * 2)
                  .raw(",\"function\":{\"arguments\":\"")
                  .escaped(more.text())
                  .raw("\"}}]},\"logprobs\":null"));
      case Piece.CallEnded whole -> null;
    };
  }

  private JsonBytes text(int choice, String name, String text) {
    return chunk(choice, 96 + text.length() * 2).raw(name).escaped(text).raw("\"},\"logprobs\":");
  }

  private JsonBytes call(int choice, int call, int capacity) {
    return chunk(choice, capacity).raw("{\"tool_calls\":[{\"index\":").number(call);
  }

  private Buffer end(JsonBytes json) {
    return json.raw(",\"finish_reason\":null").raw(chunkEnd).toBuffer();
  }

  @Override
  public Buffer ending(int choice, Ending ending) {
    return chunk(choice, 96)
        .raw("{},\"logprobs\":null,\"finish_reason\":")
        .string(ending.reason().code)
        .raw(chunkEnd)
        .toBuffer();
  }

  @Override
  public Buffer whole(List<Answer> answers, TokenCount count) {
    JsonBytes json = envelope.body(1024);
    for (int i = 0; i < answers.size(); i++) {
      Answer answer = answers.get(i);
      json.raw(i == 0 ? "{\"index\":" : ",{\"index\":").number(i).raw(",\"message\":");
      message(json, answer).raw(",\"logprobs\":");
      if (answer.reasoningScores().isEmpty()) {
        logprobs(json, "content", answer.scores());
      } else {
        json.raw("{\"reasoning_content\":");
        logprobs.write(json, answer.reasoningScores()).raw(",\"content\":");
        logprobs.write(json, answer.scores()).raw(",\"refusal\":null}");
      }
      json.raw(",\"finish_reason\":").string(answer.ending().reason().code).raw("}");
    }
    return Envelope.usage(json.raw("],\"usage\":"), count).raw("}").toBuffer();
  }

  private static JsonBytes message(JsonBytes json, Answer answer) {
    json.raw("{\"role\":\"assistant\",\"content\":")
        .string(answer.text().isEmpty() && !answer.calls().isEmpty() ? null : answer.text());
    if (answer.reasoning() != null) {
      json.raw(",\"reasoning_content\":").string(answer.reasoning());
    }
    for (int i = 0; i < answer.calls().size(); i++) {
      Answer.Call call = answer.calls().get(i);
      json.raw(i == 0 ? ",\"tool_calls\":[" : ",")
          .raw("{\"id\":")
          .string(call.id())
          .raw(",\"type\":\"function\",\"function\":{\"name\":")
          .string(call.name())
          .raw(",\"arguments\":")
          .string(call.arguments())
          .raw("}}");
    }
    return json.raw(answer.calls().isEmpty() ? "" : "]").raw(",\"refusal\":null}");
  }

  private JsonBytes chunk(int choice, int capacity) {
    return envelope.chunk(capacity).raw("{\"index\":").number(choice).raw(",\"delta\":");
  }

  private JsonBytes logprobs(JsonBytes json, String of, List<ScoredToken> scores) {
    if (!scored) {
      return json.raw("null");
    }
    json.raw("{\"").raw(of).raw("\":");
    return logprobs.write(json, scores).raw(",\"refusal\":null}");
  }
}
