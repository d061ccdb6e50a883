package platform.deepseek.inference.api.responses;

import java.util.List;
import platform.deepseek.inference.api.json.JsonBytes;
import platform.deepseek.inference.api.openai.Logprobs;

/** Writes items and their parts. */
final class ItemJson {

  private final Logprobs logprobs;

  ItemJson(Logprobs logprobs) {
    this.logprobs = logprobs;
  }

  JsonBytes array(JsonBytes json, List<Item> items) {
    json.raw("[");
    for (int i = 0; i < items.size(); i++) {
      write(json.raw(i == 0 ? "" : ","), items.get(i));
    }
    return json.raw("]");
  }

  JsonBytes write(JsonBytes json, Item item) {
    return switch (item) {
      case Item.Message message -> {
        begin(json, "message", message.id(), message.status())
            .raw(",\"role\":")
            .string(message.role().code)
            .raw(",\"content\":[");
        for (int i = 0; i < message.content().size(); i++) {
          write(json.raw(i == 0 ? "" : ","), message.content().get(i));
        }
        yield json.raw("]}");
      }
      case Item.Reasoning reasoning -> {
        begin(json, "reasoning", reasoning.id(), reasoning.status()).raw(",\"summary\":");
        told(json, reasoning, Part.Type.SUMMARY_TEXT).raw(",\"content\":");
        yield told(json, reasoning, Part.Type.REASONING_TEXT).raw("}");
      }
      case Item.FunctionCall call -> {
        FunctionName function = FunctionName.called(call.name());
        begin(json, "function_call", call.id(), call.status())
            .raw(",\"call_id\":")
            .string(call.callId());
        if (function.namespace() != null) {
          json.raw(",\"namespace\":").string(function.namespace());
        }
        yield json.raw(",\"name\":")
            .string(function.name())
            .raw(",\"arguments\":")
            .string(call.arguments())
            .raw("}");
      }
      case Item.FunctionCallOutput output ->
          begin(json, "function_call_output", output.id(), output.status())
              .raw(",\"call_id\":")
              .string(output.callId())
              .raw(",\"output\":")
              .string(output.output())
              .raw("}");
    };
  }

  /** The parts of one type; the text is in one of both. */
  private JsonBytes told(JsonBytes json, Item.Reasoning reasoning, Part.Type type) {
    json.raw("[");
    if (reasoning.part() == type && !reasoning.text().isEmpty()) {
      write(json, Part.of(type, reasoning.text()));
    }
    return json.raw("]");
  }

  private static JsonBytes begin(JsonBytes json, String type, String id, Item.Status status) {
    return json.raw("{\"id\":")
        .string(id)
        .raw(",\"type\":")
        .string(type)
        .raw(",\"status\":")
        .string(status.code);
  }

  JsonBytes write(JsonBytes json, Part part) {
    json.raw("{\"type\":").string(part.type().code);
    return switch (part.type()) {
      case INPUT_TEXT, REASONING_TEXT, SUMMARY_TEXT ->
          json.raw(",\"text\":").string(part.text()).raw("}");
      case REFUSAL -> json.raw(",\"refusal\":").string(part.text()).raw("}");
      case OUTPUT_TEXT -> {
        json.raw(",\"text\":").string(part.text()).raw(",\"annotations\":[],\"logprobs\":");
        yield logprobs.write(json, part.scores()).raw("}");
      }
    };
  }
}
