package platform.deepseek.inference.api.openai;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import platform.deepseek.inference.api.json.JsonBytes;
import platform.deepseek.inference.api.stream.Answer;
import platform.deepseek.inference.api.stream.Dialect;
import platform.deepseek.inference.api.stream.Ending;
import platform.deepseek.inference.api.stream.Piece;
import platform.deepseek.inference.api.stream.ScoredToken;
import platform.deepseek.inference.api.stream.TokenCount;
import platform.deepseek.inference.sampling.Sample;
import platform.deepseek.inference.sampling.TokenLogprob;
import platform.deepseek.inference.text.Tokenizer;

/** The shapes {@code chat.completion} and {@code chat.completion.chunk}. */
final class ChatDialect implements Dialect {

  private final Envelope envelope;
  private final Tokenizer tokenizer;
  private final boolean scored;
  private final boolean includeUsage;
  private final String chunkEnd;

  ChatDialect(Envelope envelope, Tokenizer tokenizer, GenerationSettings settings) {
    this.envelope = envelope;
    this.tokenizer = tokenizer;
    this.scored = settings.sampling().topLogprobs() >= 0;
    this.includeUsage = settings.includeUsage();
    this.chunkEnd = includeUsage ? "}],\"usage\":null}\n\n" : "}]}\n\n";
  }

  @Override
  public Buffer opening(int choice) {
    return chunk(choice, 128)
        .raw("{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null}")
        .raw(",\"logprobs\":null,\"finish_reason\":null")
        .raw(chunkEnd)
        .toBuffer();
  }

  @Override
  public Buffer delta(int choice, Piece piece) {
    JsonBytes json =
        chunk(choice, 96 + piece.text().length() * 2)
            .raw("{\"content\":\"")
            .escaped(piece.text())
            .raw("\"},\"logprobs\":");
    return logprobs(json, piece.scores()).raw(",\"finish_reason\":null").raw(chunkEnd).toBuffer();
  }

  @Override
  public Buffer ending(int choice, Ending ending) {
    return chunk(choice, 96)
        .raw("{},\"logprobs\":null,\"finish_reason\":")
        .string(ending.reason)
        .raw(chunkEnd)
        .toBuffer();
  }

  @Override
  public Buffer usage(TokenCount count) {
    if (!includeUsage) {
      return null;
    }
    return Envelope.usage(envelope.chunk(320).raw("],\"usage\":"), count).raw("}\n\n").toBuffer();
  }

  @Override
  public Buffer whole(List<Answer> answers, TokenCount count) {
    JsonBytes json = envelope.body(1024);
    for (int i = 0; i < answers.size(); i++) {
      Answer answer = answers.get(i);
      json.raw(i == 0 ? "{\"index\":" : ",{\"index\":")
          .number(i)
          .raw(",\"message\":{\"role\":\"assistant\",\"content\":")
          .string(answer.text())
          .raw(",\"refusal\":null},\"logprobs\":");
      logprobs(json, answer.scores())
          .raw(",\"finish_reason\":")
          .string(answer.ending().reason)
          .raw("}");
    }
    return Envelope.usage(json.raw("],\"usage\":"), count).raw("}").toBuffer();
  }

  private JsonBytes chunk(int choice, int capacity) {
    return envelope.chunk(capacity).raw("{\"index\":").number(choice).raw(",\"delta\":");
  }

  private JsonBytes logprobs(JsonBytes json, List<ScoredToken> tokens) {
    if (!scored) {
      return json.raw("null");
    }
    json.raw("{\"content\":[");
    for (int i = 0; i < tokens.size(); i++) {
      Sample sample = tokens.get(i).sample();
      json.raw(i == 0 ? "{" : ",{");
      token(json, sample.token(), sample.logprob()).raw(",\"top_logprobs\":[");
      List<TokenLogprob> top = sample.top();
      for (int j = 0; j < top.size(); j++) {
        json.raw(j == 0 ? "{" : ",{");
        token(json, top.get(j).token(), top.get(j).logprob()).raw("}");
      }
      json.raw("]}");
    }
    return json.raw("],\"refusal\":null}");
  }

  /** A token may be half a character, so its bytes are told as well. */
  private JsonBytes token(JsonBytes json, int token, float logprob) {
    byte[] bytes = tokenizer.bytes(token);
    json.raw("\"token\":")
        .string(new String(bytes, StandardCharsets.UTF_8))
        .raw(",\"logprob\":")
        .logprob(logprob)
        .raw(",\"bytes\":[");
    for (int i = 0; i < bytes.length; i++) {
      json.raw(i == 0 ? "" : ",").number(bytes[i] & 0xFF);
    }
    return json.raw("]");
  }
}
