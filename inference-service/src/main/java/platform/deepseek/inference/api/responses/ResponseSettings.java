package platform.deepseek.inference.api.responses;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import platform.deepseek.inference.api.chat.Tool;
import platform.deepseek.inference.api.json.Fields;
import platform.deepseek.inference.api.json.JsonBytes;

/**
 * The fields of a response that repeat its request, with OpenAI's defaults for what was left out.
 */
final class ResponseSettings {

  private ResponseSettings() {}

  /** Without the opening brace of the response and with its closing one. */
  static byte[] of(Fields body, String model, List<Tool> tools, boolean store) {
    JsonBytes json = new JsonBytes(1_024);
    json.raw("\"model\":").string(model);
    text(json, body, "instructions");
    text(json, body, "previous_response_id");
    json.raw(",\"background\":").raw(Boolean.toString(body.flag("background")));
    json.raw(",\"store\":").raw(Boolean.toString(store));
    value(json, body, "max_output_tokens", "null");
    value(json, body, "max_tool_calls", "null");
    value(json, body, "parallel_tool_calls", "true");
    value(json, body, "temperature", "1.0");
    value(json, body, "top_p", "1.0");
    value(json, body, "top_logprobs", "0");
    reasoning(json, body.object("reasoning"));
    text(json, body.object("text"));
    value(json, body, "tool_choice", "\"auto\"");
    tools(json, tools);
    value(json, body, "truncation", "\"disabled\"");
    json.raw(",\"service_tier\":\"default\"");
    text(json, body, "prompt_cache_key");
    text(json, body, "safety_identifier");
    text(json, body, "user");
    value(json, body, "metadata", "{}");
    return json.raw("}").toBytes();
  }

  private static void text(JsonBytes json, Fields body, String name) {
    name(json, name).string(body.string(name));
  }

  private static void value(JsonBytes json, Fields body, String name, String fallback) {
    JsonNode value = body.get(name);
    raw(name(json, name), value, fallback);
  }

  private static void raw(JsonBytes json, JsonNode value, String fallback) {
    json.raw(
        value == null
            ? fallback.getBytes(StandardCharsets.US_ASCII)
            : value.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static void reasoning(JsonBytes json, Fields reasoning) {
    json.raw(",\"reasoning\":{\"effort\":")
        .string(reasoning == null ? null : reasoning.string("effort"))
        .raw(",\"summary\":null}");
  }

  private static void text(JsonBytes json, Fields text) {
    json.raw(",\"text\":{\"format\":");
    raw(json, text == null ? null : text.get("format"), "{\"type\":\"text\"}");
    json.raw("}");
  }

  private static void tools(JsonBytes json, List<Tool> tools) {
    json.raw(",\"tools\":[");
    for (int i = 0; i < tools.size(); i++) {
      Tool tool = tools.get(i);
      json.raw(i == 0 ? "" : ",")
          .raw("{\"type\":\"function\",\"name\":")
          .string(tool.name())
          .raw(",\"description\":")
          .string(tool.description())
          .raw(",\"parameters\":");
      raw(json, tool.parameters(), "null");
      json.raw(",\"strict\":").raw(Boolean.toString(tool.strict())).raw("}");
    }
    json.raw("]");
  }

  private static JsonBytes name(JsonBytes json, String name) {
    return json.raw(",\"").raw(name).raw("\":");
  }
}
