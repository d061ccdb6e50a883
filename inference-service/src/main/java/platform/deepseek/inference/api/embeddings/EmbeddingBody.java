package platform.deepseek.inference.api.embeddings;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.List;
import platform.deepseek.inference.api.json.JsonBytes;

/** The answer: {@code {object, data: [{object, index, embedding}], model, usage}}. */
final class EmbeddingBody {

  private EmbeddingBody() {}

  static JsonBytes json(String model, List<float[]> vectors, boolean base64, long promptTokens) {
    JsonBytes json = new JsonBytes(1024).raw("{\"object\":\"list\",\"data\":[");
    for (int i = 0; i < vectors.size(); i++) {
      json.raw(i == 0 ? "" : ",")
          .raw("{\"object\":\"embedding\",\"index\":")
          .number(i)
          .raw(",\"embedding\":");
      if (base64) {
        json.raw("\"").raw(Base64.getEncoder().encode(bytes(vectors.get(i)))).raw("\"}");
      } else {
        numbers(json, vectors.get(i));
        json.raw("}");
      }
    }
    return json.raw("],\"model\":")
        .string(model)
        .raw(",\"usage\":{\"prompt_tokens\":")
        .number(promptTokens)
        .raw(",\"total_tokens\":")
        .number(promptTokens)
        .raw("}}");
  }

  private static void numbers(JsonBytes json, float[] vector) {
    for (int i = 0; i < vector.length; i++) {
      json.raw(i == 0 ? "[" : ",").raw(Float.toString(vector[i]));
    }
    json.raw("]");
  }

  private static byte[] bytes(float[] vector) {
    ByteBuffer bytes =
        ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(vector);
    return bytes.array();
  }
}
