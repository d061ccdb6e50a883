package platform.deepseek.inference.api.openai;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import platform.deepseek.inference.api.json.JsonBytes;
import platform.deepseek.inference.api.stream.Answer;
import platform.deepseek.inference.api.stream.Ending;
import platform.deepseek.inference.api.stream.Piece;
import platform.deepseek.inference.api.stream.ScoredToken;
import platform.deepseek.inference.api.stream.TokenCount;
import platform.deepseek.inference.sampling.Sample;
import platform.deepseek.inference.sampling.TokenLogprob;
import platform.deepseek.inference.text.Tokenizer;

/** The shape {@code text_completion}, which events and whole bodies share. */
final class CompletionDialect extends EnvelopeDialect {

  private final Tokenizer tokenizer;
  private final boolean scored;

  CompletionDialect(
      Envelope envelope,
      Tokenizer tokenizer,
      boolean scored,
      boolean includeUsage,
      Surface surface) {
    super(envelope, includeUsage, surface);
    this.tokenizer = tokenizer;
    this.scored = scored;
  }

  /** Completions have no event for the start. */
  @Override
  public Buffer opening(int choice, TokenCount prompt) {
    return null;
  }

  @Override
  public Buffer delta(int choice, Piece piece) {
    if (!(piece instanceof Piece.Text(String text, List<ScoredToken> scores))) {
      throw new IllegalStateException("a completion is text alone, not " + piece);
    }
    JsonBytes json =
        envelope
            .chunk(96 + text.length() * 2)
            .raw("{\"text\":\"")
            .escaped(text)
            .raw("\",\"index\":")
            .number(choice)
            .raw(",\"logprobs\":");
    return logprobs(json, scores).raw(",\"finish_reason\":null").raw(chunkEnd).toBuffer();
  }

  @Override
  public Buffer ending(int choice, Ending ending) {
    return envelope
        .chunk(96)
        .raw("{\"text\":\"\",\"index\":")
        .number(choice)
        .raw(",\"logprobs\":null,\"finish_reason\":")
        .string(ending.reason().code)
        .raw(chunkEnd)
        .toBuffer();
  }

  @Override
  public Buffer whole(List<Answer> answers, TokenCount count) {
    JsonBytes json = envelope.body(1024);
    for (int i = 0; i < answers.size(); i++) {
      Answer answer = answers.get(i);
      json.raw(i == 0 ? "{\"text\":" : ",{\"text\":")
          .string(answer.text())
          .raw(",\"index\":")
          .number(i)
          .raw(",\"logprobs\":");
      logprobs(json, answer.scores())
          .raw(",\"finish_reason\":")
          .string(answer.ending().reason().code)
          .raw("}");
    }
    return Envelope.usage(json.raw("],\"usage\":"), count).raw("}").toBuffer();
  }

  private JsonBytes logprobs(JsonBytes json, List<ScoredToken> tokens) {
    if (!scored) {
      return json.raw("null");
    }
    json.raw("{\"tokens\":[");
    for (int i = 0; i < tokens.size(); i++) {
      json.raw(i == 0 ? "" : ",").string(text(tokens.get(i).sample().token()));
    }
    json.raw("],\"token_logprobs\":[");
    for (int i = 0; i < tokens.size(); i++) {
      json.raw(i == 0 ? "" : ",");
      if (unscored(tokens.get(i).sample())) {
        json.raw("null");
      } else {
        json.logprob(tokens.get(i).sample().logprob());
      }
    }
    json.raw("],\"top_logprobs\":[");
    for (int i = 0; i < tokens.size(); i++) {
      json.raw(i == 0 ? "" : ",");
      alternatives(json, tokens.get(i).sample());
    }
    json.raw("],\"text_offset\":[");
    for (int i = 0; i < tokens.size(); i++) {
      json.raw(i == 0 ? "" : ",").number(tokens.get(i).offset());
    }
    return json.raw("]}");
  }

  /** Two tokens may read the same (bytes of a character alone); the likelier one is told. */
  private void alternatives(JsonBytes json, Sample sample) {
    if (unscored(sample)) {
      json.raw("null");
      return;
    }
    Map<String, Float> byText = new LinkedHashMap<>();
    for (TokenLogprob alternative : sample.top()) {
      byText.putIfAbsent(text(alternative.token()), alternative.logprob());
    }
    byText.putIfAbsent(text(sample.token()), sample.logprob());
    json.raw("{");
    String separator = "";
    for (Map.Entry<String, Float> entry : byText.entrySet()) {
      json.raw(separator).string(entry.getKey()).raw(":").logprob(entry.getValue());
      separator = ",";
    }
    json.raw("}");
  }

  /** The first token of a prompt: nothing predicts it. */
  private static boolean unscored(Sample sample) {
    return Float.isNaN(sample.logprob());
  }

  private String text(int token) {
    return new String(tokenizer.bytes(token), StandardCharsets.UTF_8);
  }
}
