package platform.deepseek.inference.api.responses;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
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
    tools(json, body, tools);
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
        .raw(",\"summary\":")
        .string(reasoning == null ? null : reasoning.string("summary"))
        .raw("}");
  }

  private static void text(JsonBytes json, Fields text) {
    json.raw(",\"text\":{\"format\":");
    raw(json, text == null ? null : text.get("format"), "{\"type\":\"text\"}");
    json.raw("}");
  }

  /** As they were offered, each with its defaults; without what is ignored. */
  private static void tools(JsonBytes json, Fields body, List<Tool> tools) {
    Iterator<Tool> read = tools.iterator();
    json.raw(",\"tools\":[");
    String separator = "";
    for (JsonNode offered : body.array("tools")) {
      switch (offered.path("type").asText()) {
        case "function" -> function(json.raw(separator), offered, read.next());
        case "namespace" -> namespace(json.raw(separator), offered, read);
        default -> {
          continue;
        }
      }
      separator = ",";
    }
    json.raw("]");
  }

  private static void namespace(JsonBytes json, JsonNode offered, Iterator<Tool> read) {
    json.raw("{\"type\":\"namespace\",\"name\":")
        .string(offered.path("name").textValue())
        .raw(",\"description\":")
        .string(offered.path("description").asText())
        .raw(",\"tools\":[");
    String separator = "";
    for (JsonNode function : offered.path("tools")) {
      function(json.raw(separator), function, read.next());
      separator = ",";
    }
    json.raw("]}");
  }

  private static void function(JsonBytes json, JsonNode offered, Tool tool) {
    json.raw("{\"type\":\"function\",\"name\":")
        .string(FunctionName.called(tool.name()).name())
        .raw(",\"description\":")
        .string(offered.path("description").textValue())
        .raw(",\"parameters\":");
    raw(json, tool.parameters(), "null");
    json.raw(",\"strict\":").raw(Boolean.toString(tool.strict())).raw("}");
  }

  private static JsonBytes name(JsonBytes json, String name) {
    return json.raw(",\"").raw(name).raw("\":");
  }
}
