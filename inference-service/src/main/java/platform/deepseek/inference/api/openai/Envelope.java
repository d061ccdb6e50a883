package platform.deepseek.inference.api.openai;

import io.vertx.core.buffer.Buffer;
import java.util.UUID;
import platform.deepseek.inference.api.ServedModel;
import platform.deepseek.inference.api.json.JsonBytes;
import platform.deepseek.inference.api.stream.TokenCount;

/**
 * What every chunk of an answer repeats, written once.
 *
 * @param id unique per answer
 * @param chunkPrefix the start of an event up to the opening bracket of {@code choices}
 * @param bodyPrefix the same of a whole body
 */
record Envelope(String id, byte[] chunkPrefix, byte[] bodyPrefix) {

  private static final String DONE = "data: [DONE]\n\n";

  static Envelope of(String idPrefix, String object, String chunkObject, ServedModel model) {
    String id = idPrefix + UUID.randomUUID().toString().replace("-", "");
    long created = System.currentTimeMillis() / 1000;
    return new Envelope(
        id,
        new JsonBytes(256).raw("data: ").raw(prefix(id, chunkObject, created, model)).toBytes(),
        prefix(id, object, created, model));
  }

  private static byte[] prefix(String id, String object, long created, ServedModel model) {
    return new JsonBytes(256)
        .raw("{\"id\":")
        .string(id)
        .raw(",\"object\":")
        .string(object)
        .raw(",\"created\":")
        .number(created)
        .raw(",\"model\":")
        .string(model.id())
        .raw(",\"system_fingerprint\":")
        .string(model.fingerprint())
        .raw(",\"choices\":[")
        .toBytes();
  }

  JsonBytes chunk(int capacity) {
    return new JsonBytes(chunkPrefix.length + capacity).raw(chunkPrefix);
  }

  JsonBytes body(int capacity) {
    return new JsonBytes(bodyPrefix.length + capacity).raw(bodyPrefix);
  }

  /** The last event of a stream. */
  static Buffer done() {
    return Buffer.buffer(DONE);
  }

  /** A comment, which clients skip (DeepSeek's words). */
  static Buffer comment() {
    return Buffer.buffer(": keep-alive\n\n");
  }

  /** The event with the usage and no choices, and the last one. */
  Buffer usageAndDone(TokenCount count) {
    return usage(chunk(320).raw("],\"usage\":"), count).raw("}\n\n").raw(DONE).toBuffer();
  }

  /**
   * OpenAI's usage with DeepSeek's two counters: hit + miss = prompt. Predicted tokens are told
   * where there was a prediction.
   */
  static JsonBytes usage(JsonBytes json, TokenCount count) {
    json.raw("{\"prompt_tokens\":")
        .number(count.prompt())
        .raw(",\"completion_tokens\":")
        .number(count.completion())
        .raw(",\"total_tokens\":")
        .number((long) count.prompt() + count.completion())
        .raw(",\"prompt_tokens_details\":{\"cached_tokens\":")
        .number(count.cached())
        .raw("},\"completion_tokens_details\":{\"reasoning_tokens\":")
        .number(count.reasoning());
    count
        .predicted()
        .ifPresent(
            predicted ->
                json.raw(",\"accepted_prediction_tokens\":")
                    .number(predicted.accepted())
                    .raw(",\"rejected_prediction_tokens\":")
                    .number(predicted.rejected()));
    return json.raw("},\"prompt_cache_hit_tokens\":")
        .number(count.cached())
        .raw(",\"prompt_cache_miss_tokens\":")
        .number(count.prompt() - count.cached())
        .raw("}");
  }
}
