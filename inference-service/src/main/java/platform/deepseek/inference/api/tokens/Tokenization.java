package platform.deepseek.inference.api.tokens;

import com.fasterxml.jackson.databind.JsonNode;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import platform.deepseek.inference.api.ServedModel;
import platform.deepseek.inference.api.chat.ChatPrompts;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.generation.Sequences;
import platform.deepseek.inference.api.json.Fields;
import platform.deepseek.inference.api.json.JsonBytes;
import platform.deepseek.inference.api.openai.MessageFields;
import platform.deepseek.inference.api.openai.RequestField;
import platform.deepseek.inference.api.openai.ToolFields;

/**
 * Text to the ids that a generation would be asked with, and ids to text. Special tokens written in
 * a text stay text here too. Needs no step of the model; to be called on a worker thread.
 */
@Singleton
public final class Tokenization {

  private static final Set<String> TOKENIZE = names(TokenFields.TOKENIZE);
  private static final Set<String> DETOKENIZE = names(TokenFields.DETOKENIZE);

  private final ServedModel model;
  private final Sequences sequences;
  private final ChatPrompts prompts;

  Tokenization(ServedModel model, Sequences sequences, ChatPrompts prompts) {
    this.model = model;
    this.sequences = sequences;
    this.prompts = prompts;
  }

  private static Set<String> names(List<RequestField> fields) {
    return fields.stream().map(RequestField::name).collect(Collectors.toUnmodifiableSet());
  }

  /**
   * {@code {count, max_model_len, tokens, token_strs}}.
   *
   * @throws ApiException the request is at fault
   */
  public JsonBytes tokenize(Fields body) {
    requireModel(body);
    body.allow(TOKENIZE);
    boolean strings = body.flag("return_token_strs");
    int[] tokens = tokens(body);
    JsonBytes json =
        new JsonBytes(64 + 8 * tokens.length)
            .raw("{\"count\":")
            .number(tokens.length)
            .raw(",\"max_model_len\":")
            .number(model.contextLength())
            .raw(",\"tokens\":[");
    for (int i = 0; i < tokens.length; i++) {
      json.raw(i == 0 ? "" : ",").number(tokens[i]);
    }
    json.raw("],\"token_strs\":");
    return (strings ? strings(json, tokens) : json.raw("null")).raw("}");
  }

  private int[] tokens(Fields body) {
    boolean chat = body.has("messages");
    if (chat == body.has("prompt")) {
      throw chat
          ? body.invalid("prompt", "expected prompt or messages, but got both.")
          : body.missing("prompt");
    }
    for (String other :
        chat ? List.of("add_special_tokens") : List.of("tools", "add_generation_prompt")) {
      if (body.has(other)) {
        throw body.unsupported(other, "belongs to %s.".formatted(chat ? "a prompt" : "messages"));
      }
    }
    return chat
        ? prompts
            .rendered(
                MessageFields.parse(body),
                ToolFields.tools(body),
                flag(body, "add_generation_prompt"))
            .tokens()
        : model
            .tokenizer()
            .encode(body.requiredString("prompt"), false, flag(body, "add_special_tokens"));
  }

  /** A flag that is true when absent. */
  private static boolean flag(Fields body, String name) {
    return !body.has(name) || body.flag(name);
  }

  /** A token that is part of a character has U+FFFD for it. */
  private JsonBytes strings(JsonBytes json, int[] tokens) {
    json.raw("[");
    for (int i = 0; i < tokens.length; i++) {
      json.raw(i == 0 ? "" : ",")
          .string(new String(model.tokenizer().bytes(tokens[i]), StandardCharsets.UTF_8));
    }
    return json.raw("]");
  }

  /**
   * {@code {prompt}}.
   *
   * @throws ApiException the request is at fault
   */
  public JsonBytes detokenize(Fields body) {
    requireModel(body);
    body.allow(DETOKENIZE);
    if (!body.has("tokens")) {
      throw body.missing("tokens");
    }
    List<JsonNode> elements = body.array("tokens");
    int[] tokens = new int[elements.size()];
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] =
          (int)
              Fields.integer(
                  elements.get(i),
                  body.path("tokens[" + i + "]"),
                  0,
                  model.tokenizer().vocabularySize() - 1);
    }
    return new JsonBytes(256)
        .raw("{\"prompt\":")
        .string(model.tokenizer().decode(tokens, false))
        .raw("}");
  }

  private void requireModel(Fields body) {
    if (body.has("model")) {
      sequences.requireModel(body);
    }
  }
}
