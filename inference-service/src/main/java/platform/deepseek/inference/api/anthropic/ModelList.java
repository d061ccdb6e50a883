package platform.deepseek.inference.api.anthropic;

import java.time.Instant;
import platform.deepseek.inference.api.ServedModel;
import platform.deepseek.inference.api.json.JsonBytes;

/** The shapes of {@code GET /anthropic/v1/models}. */
public final class ModelList {

  private ModelList() {}

  /** A page with all models. */
  public static JsonBytes page(ServedModel model) {
    return new JsonBytes(512)
        .raw("{\"data\":[")
        .raw(entry(model).toBytes())
        .raw("],\"has_more\":false,\"first_id\":")
        .string(model.id())
        .raw(",\"last_id\":")
        .string(model.id())
        .raw("}");
  }

  public static JsonBytes entry(ServedModel model) {
    return new JsonBytes(256)
        .raw("{\"type\":\"model\",\"id\":")
        .string(model.id())
        .raw(",\"display_name\":")
        .string(model.id())
        .raw(",\"created_at\":")
        .string(Instant.ofEpochSecond(model.created()).toString())
        .raw(",\"lifecycle\":\"active\",\"max_input_tokens\":")
        .number(model.contextLength())
        .raw(",\"max_tokens\":")
        .number(model.contextLength())
        .raw("}");
  }
}
