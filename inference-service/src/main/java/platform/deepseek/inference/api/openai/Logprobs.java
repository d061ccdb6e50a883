package platform.deepseek.inference.api.openai;

import java.nio.charset.StandardCharsets;
import java.util.List;
import platform.deepseek.inference.api.json.JsonBytes;
import platform.deepseek.inference.api.stream.ScoredToken;
import platform.deepseek.inference.sampling.Sample;
import platform.deepseek.inference.sampling.TokenLogprob;
import platform.deepseek.inference.text.Tokenizer;

/** Writes tokens with their log-probabilities: one array, the alternatives inside. */
public final class Logprobs {

  private final Tokenizer tokenizer;

  public Logprobs(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  public JsonBytes write(JsonBytes json, List<ScoredToken> tokens) {
    json.raw("[");
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
    return json.raw("]");
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
