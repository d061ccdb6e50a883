package platform.deepseek.inference.api.authorization;

import static platform.deepseek.inference.api.json.ReceivedJson.required;

import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import platform.deepseek.inference.api.account.Consumption;
import platform.deepseek.inference.api.account.Demand;
import platform.deepseek.inference.api.account.Outcome;
import platform.deepseek.inference.api.account.Question;
import platform.deepseek.inference.api.json.JsonBytes;
import platform.deepseek.inference.api.json.ReceivedJson;
import platform.deepseek.inference.api.json.Unintelligible;
import platform.deepseek.inference.engine.Share;

/**
 * The contract with auth-service, in JSON. Fields of an answer that are not known here are passed
 * over: the other side may be newer.
 */
final class ContractJson {

  private ContractJson() {}

  /** Asks who somebody is, and whether they may come to a route at all. */
  static Buffer identification(Question question) {
    return question(question).raw(",\"identify\":true}").toBuffer();
  }

  /** Asks for a route that costs no tokens. */
  static Buffer look(Question question) {
    return question(question).raw("}").toBuffer();
  }

  /** Asks for a generation. */
  static Buffer generation(Question question, Demand demand) {
    JsonBytes json =
        question(question)
            .raw(",\"model\":")
            .string(demand.model())
            .raw(",\"promptTokens\":")
            .number(demand.promptTokens())
            .raw(",\"maxTokens\":")
            .number(demand.maxTokens());
    if (!demand.userId().isEmpty()) {
      json.raw(",\"userId\":").string(demand.userId());
    }
    return json.raw("}").toBuffer();
  }

  private static JsonBytes question(Question question) {
    JsonBytes json =
        new JsonBytes(512)
            .raw("{\"credential\":")
            .string(question.credential())
            .raw(",\"clientAddress\":")
            .string(question.clientAddress())
            .raw(",\"method\":")
            .string(question.method())
            .raw(",\"path\":")
            .string(question.path());
    if (question.forwardedFor().isEmpty()) {
      return json;
    }
    String separator = ",\"forwardedFor\":[";
    for (String header : question.forwardedFor()) {
      json.raw(separator).string(header);
      separator = ",";
    }
    return json.raw("]");
  }

  static Buffer settlement(Consumption used, Outcome outcome) {
    return new JsonBytes(128)
        .raw("{\"promptTokens\":")
        .number(used.promptTokens())
        .raw(",\"cachedTokens\":")
        .number(used.cachedTokens())
        .raw(",\"completionTokens\":")
        .number(used.completionTokens())
        .raw(",\"outcome\":\"")
        .raw(outcome.label)
        .raw("\"}")
        .toBuffer();
  }

  /**
   * @throws Unintelligible it is not what the contract says
   */
  static Decision decision(Buffer body) {
    JsonNode answer = ReceivedJson.parse(body);
    return required(answer, "allow").booleanValue() ? allow(answer) : deny(answer);
  }

  private static Decision allow(JsonNode answer) {
    String tenant = required(answer, "tenant").asText();
    String holder =
        answer.hasNonNull("user")
            ? tenant + "/user/" + answer.get("user").asText()
            : tenant + "/key/" + required(answer, "credential").asText();
    return new Decision.Allow(
        holder,
        required(answer, "cacheSalt").asText(),
        new Share(
            tenant,
            Math.clamp(required(answer, "priority").asInt(), 0, Share.LOWEST),
            Math.max(1, answer.path("weight").asInt(1)),
            holder,
            Math.max(1, answer.path("holderWeight").asInt(1))),
        Optional.ofNullable(answer.get("reservation")).map(JsonNode::asText),
        answer.path("maxTokens").asLong(0),
        headers(answer));
  }

  private static Decision deny(JsonNode answer) {
    return new Decision.Deny(
        required(answer, "status").asInt(),
        required(answer, "code").asText(),
        required(answer, "message").asText(),
        Optional.ofNullable(answer.get("retryAfterSeconds"))
            .map(seconds -> Duration.ofSeconds(seconds.asLong())),
        headers(answer));
  }

  private static Map<String, String> headers(JsonNode answer) {
    Map<String, String> headers = new LinkedHashMap<>();
    answer
        .path("headers")
        .properties()
        .forEach(header -> headers.put(header.getKey(), header.getValue().asText()));
    return headers;
  }
}
