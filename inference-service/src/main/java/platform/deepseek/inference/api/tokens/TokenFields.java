package platform.deepseek.inference.api.tokens;

import java.util.List;
import platform.deepseek.inference.api.openai.RequestField;
import platform.deepseek.inference.api.openai.RequestField.Treatment;

/** The fields of the two requests, each with what is done about it. */
public final class TokenFields {

  private static final RequestField MODEL =
      honoured("model", "may be absent; an id other than the loaded model's is a 404");

  public static final List<RequestField> TOKENIZE =
      List.of(
          MODEL,
          honoured("prompt", "a text, tokenised as a text prompt of completions is"),
          honoured("messages", "instead of prompt: a chat, as for chat completions"),
          honoured("tools", "with messages: up to 128 functions"),
          honoured("add_special_tokens", "with prompt, default true: begin-of-sequence in front"),
          honoured("add_generation_prompt", "with messages, default true"),
          honoured("return_token_strs", "default false: the text of each token, too"));

  public static final List<RequestField> DETOKENIZE =
      List.of(MODEL, honoured("tokens", "token ids; special ones are written out"));

  private TokenFields() {}

  private static RequestField honoured(String name, String note) {
    return new RequestField(name, Treatment.HONOURED, note);
  }
}
