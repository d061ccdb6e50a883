package platform.deepseek.inference.api.openai;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import platform.deepseek.inference.api.json.Fields;

/**
 * A valid request for a chat completion.
 *
 * @param maxTokens empty: the rest of the context
 */
record ChatRequest(List<ChatMessage> messages, OptionalInt maxTokens, GenerationSettings settings) {

  private static final int MAX_TOP_LOGPROBS = 20;

  static ChatRequest parse(Fields body, int vocabularySize) {
    RequestField.check(body, RequestFields.CHAT, RequestFields.CHAT_NAMES);
    refuseWhatIsNotHonoured(body);
    List<ChatMessage> messages = ChatMessage.parse(body);
    return new ChatRequest(
        messages,
        maxTokens(body),
        GenerationSettings.parse(body, topLogprobs(body), vocabularySize));
  }

  private static OptionalInt maxTokens(Fields body) {
    long old = body.integer("max_tokens", 1, Integer.MAX_VALUE, 0);
    long current = body.integer("max_completion_tokens", 1, Integer.MAX_VALUE, 0);
    if (old != 0 && current != 0 && old != current) {
      throw body.invalid(
          "max_tokens",
          "%d contradicts max_completion_tokens %d; send one of them.".formatted(old, current));
    }
    int tokens = (int) Math.max(old, current);
    return tokens == 0 ? OptionalInt.empty() : OptionalInt.of(tokens);
  }

  private static int topLogprobs(Fields body) {
    boolean asked = body.flag("logprobs");
    if (!body.has("top_logprobs")) {
      return asked ? 0 : -1;
    }
    int top = (int) body.integer("top_logprobs", 0, MAX_TOP_LOGPROBS, 0);
    if (!asked) {
      throw body.invalid("top_logprobs", "only allowed when 'logprobs' is true.");
    }
    return top;
  }

  private static void refuseWhatIsNotHonoured(Fields body) {
    Fields format = body.object("response_format");
    if (format != null) {
      String type = format.requiredString("type");
      if (Set.of("json_object", "json_schema").contains(type)) {
        throw format.unsupported("type", "has one value here, text.");
      }
      if (!type.equals("text")) {
        throw format.invalid("type", "expected text, json_object or json_schema.");
      }
      format.allow(Set.of("type"));
    }
    for (JsonNode modality : body.array("modalities")) {
      if (!Fields.text(modality, body.path("modalities")).equals("text")) {
        throw body.unsupported("modalities", "has one value here, text.");
      }
    }
    for (String list : List.of("tools", "functions")) {
      if (!body.array(list).isEmpty()) {
        throw body.unsupported(list, "is not supported by this server.");
      }
    }
    for (String choice : List.of("tool_choice", "function_call")) {
      JsonNode value = body.get(choice);
      if (value != null && !(value.isTextual() && isIdle(value.textValue()))) {
        throw body.unsupported(choice, "must be none or auto here: tools are not supported.");
      }
    }
    if (body.flag("store")) {
      throw body.unsupported("store", "true is not supported: nothing is stored.");
    }
    body.flag("parallel_tool_calls");
  }

  private static boolean isIdle(String choice) {
    return choice.equals("none") || choice.equals("auto");
  }
}
