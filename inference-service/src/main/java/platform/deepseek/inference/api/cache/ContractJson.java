package platform.deepseek.inference.api.cache;

import static platform.deepseek.inference.api.json.ReceivedJson.required;
import static platform.deepseek.inference.api.json.ReceivedJson.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import platform.deepseek.inference.api.ModelIdentity;
import platform.deepseek.inference.api.json.JsonBytes;
import platform.deepseek.inference.api.json.ReceivedJson;
import platform.deepseek.inference.api.json.Unintelligible;
import platform.deepseek.inference.api.stream.CacheControl;
import platform.deepseek.inference.api.stream.Ending;
import platform.deepseek.inference.api.stream.Piece;
import platform.deepseek.inference.api.stream.TokenCount;

/**
 * The contract with cache-service, in JSON. Fields of an answer that are not known here are passed
 * over: the other side may be newer.
 */
final class ContractJson {

  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Whose answer it is.
   *
   * @param salt secret of the tenant, and of its user where there is one
   * @param shared whether it is all tenants' who say so
   */
  record Owner(String tenant, String salt, boolean shared) {}

  private ContractJson() {}

  /**
   * @param around where an answer to a question like this one will do (see {@link Around})
   */
  static Buffer lookup(
      Owner owner,
      String name,
      ModelIdentity model,
      ObjectNode request,
      CacheControl control,
      OptionalLong lifeSeconds,
      Optional<String> around) {
    ObjectNode json = JSON.createObjectNode();
    json.put("tenant", owner.tenant()).put("cacheSalt", owner.salt());
    json.putObject("model")
        .put("name", name)
        .put("weights", model.weights())
        .put("tokenizer", model.tokenizer())
        .put("template", model.template())
        .put("engine", model.engine());
    json.set("request", request);
    ObjectNode asked =
        json.putObject("control").put("read", !control.noCache()).put("store", !control.noStore());
    control.maxAgeSeconds().ifPresent(seconds -> asked.put("maxAgeSeconds", seconds));
    lifeSeconds.ifPresent(seconds -> asked.put("ttlSeconds", seconds));
    asked.put("scope", owner.shared() ? "shared" : "tenant");
    around.ifPresent(digest -> json.putObject("similar").put("around", digest));
    return Buffer.buffer(json.toString());
  }

  /**
   * @throws Unintelligible it is not what the contract says
   */
  static Lookup lookup(Buffer body) {
    JsonNode answer = ReceivedJson.parse(body);
    String outcome = text(answer, "outcome");
    return switch (outcome) {
      case "hit" ->
          new Lookup.Hit(
              text(answer, "tier"),
              answer.has("similarity")
                  ? OptionalDouble.of(required(answer, "similarity").doubleValue())
                  : OptionalDouble.empty(),
              required(answer, "ageSeconds").longValue(),
              entry(required(answer, "entry")));
      case "lease" ->
          new Lookup.Lease(text(answer, "key"), text(answer, "lease"), text(answer, "stream"));
      case "follow" -> new Lookup.Follow(text(answer, "stream"));
      case "pass" -> new Lookup.Pass();
      default -> throw new Unintelligible("the outcome '%s' is not known".formatted(outcome));
    };
  }

  private static KeptAnswer entry(JsonNode entry) {
    JsonNode usage = required(entry, "usage");
    JsonNode answer = required(entry, "answer");
    return new KeptAnswer(
        required(usage, "promptTokens").intValue(),
        required(usage, "cachedTokens").intValue(),
        required(usage, "completionTokens").intValue(),
        answer.path("reasoningTokens").asInt(0),
        entry.path("computeMillis").asLong(0),
        answer.path("reasoning").textValue(),
        text(answer, "content"),
        answer.path("stopString").textValue());
  }

  /** The last line of an answer that is to be kept. */
  static JsonBytes entryLine(KeptAnswer answer) {
    JsonBytes json =
        usage(
                new JsonBytes(512).raw("{\"entry\":{\"finishReason\":\"stop\",\"usage\":"),
                answer.promptTokens(),
                answer.cachedTokens(),
                answer.completionTokens())
            .raw(",\"computeMillis\":")
            .number(answer.computeMillis())
            .raw(",\"answer\":{\"content\":")
            .string(answer.content());
    if (answer.reasoning() != null) {
      json.raw(",\"reasoning\":")
          .string(answer.reasoning())
          .raw(",\"reasoningTokens\":")
          .number(answer.reasoningTokens());
    }
    if (answer.stopString() != null) {
      json.raw(",\"stopString\":").string(answer.stopString());
    }
    return json.raw("}}}\n");
  }

  /** More of an answer. */
  static JsonBytes moreLine(boolean reasoning, String text) {
    return new JsonBytes(64 + text.length() * 2)
        .raw(reasoning ? "{\"data\":{\"reasoning\":" : "{\"data\":{\"content\":")
        .string(text)
        .raw("}}\n");
  }

  /** An ending that is shared but not kept. */
  static JsonBytes endedLine(Ending.Reason reason, TokenCount count) {
    return usage(
            new JsonBytes(256)
                .raw("{\"data\":{\"finishReason\":")
                .string(reason.code)
                .raw(",\"usage\":"),
            count.prompt(),
            count.cached(),
            count.completion())
        .raw(",\"reasoningTokens\":")
        .number(count.reasoning())
        .raw("}}\n");
  }

  static JsonBytes abandonLine(String reason) {
    return new JsonBytes(64).raw("{\"abandon\":").string(reason).raw("}\n");
  }

  private static JsonBytes usage(JsonBytes json, int prompt, int cached, int completion) {
    return json.raw("{\"promptTokens\":")
        .number(prompt)
        .raw(",\"cachedTokens\":")
        .number(cached)
        .raw(",\"completionTokens\":")
        .number(completion)
        .raw("}");
  }

  /**
   * @throws Unintelligible it is not what the contract says
   */
  static StreamLine line(Buffer bytes) {
    JsonNode line = ReceivedJson.parse(bytes);
    if (line.has("data")) {
      return data(line.get("data"));
    }
    if (line.has("alive")) {
      return new StreamLine.Alive();
    }
    return switch (text(line, "end")) {
      case "done" -> new StreamLine.Done(entry(required(line, "entry")));
      case "abandoned" -> new StreamLine.Abandoned();
      default -> new StreamLine.Lost();
    };
  }

  private static StreamLine data(JsonNode data) {
    if (data.has("content")) {
      return new StreamLine.More(new Piece.Text(text(data, "content"), List.of()));
    }
    if (data.has("reasoning")) {
      return new StreamLine.More(new Piece.Reasoning(text(data, "reasoning"), List.of()));
    }
    if (!text(data, "finishReason").equals(Ending.Reason.LENGTH.code)) {
      throw new Unintelligible("nobody follows an answer that ends with " + data);
    }
    JsonNode usage = required(data, "usage");
    return new StreamLine.Ended(
        Ending.of(Ending.Reason.LENGTH),
        new TokenCount(
            required(usage, "promptTokens").intValue(),
            required(usage, "cachedTokens").intValue(),
            required(usage, "completionTokens").intValue(),
            data.path("reasoningTokens").asInt(0)));
  }
}
