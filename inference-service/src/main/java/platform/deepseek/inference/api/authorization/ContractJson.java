package platform.deepseek.inference.api.authorization;

import static platform.deepseek.inference.api.json.ReceivedJson.required;

import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.core.buffer.Buffer;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import platform.deepseek.inference.api.account.Balance;
import platform.deepseek.inference.api.account.Consumption;
import platform.deepseek.inference.api.account.Demand;
import platform.deepseek.inference.api.account.Outcome;
import platform.deepseek.inference.api.account.Question;
import platform.deepseek.inference.api.json.JsonBytes;
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

  /** Hands over what a tenant wants its audit to keep. */
  static Buffer prompt(String text, long length) {
    return new JsonBytes(text.length() + 64)
        .raw("{\"length\":")
        .number(length)
        .raw(",\"text\":")
        .string(text)
        .raw("}")
        .toBuffer();
  }

  /**
   * What is answered to who may not; nothing for who may.
   *
   * @throws Unintelligible it is not what the contract says
   */
  static Optional<Denial> denial(JsonNode answer) {
    return required(answer, "allow").booleanValue()
        ? Optional.empty()
        : Optional.of(
            new Denial(
                required(answer, "status").asInt(),
                required(answer, "code").asText(),
                required(answer, "message").asText(),
                Optional.ofNullable(answer.get("retryAfterSeconds"))
                    .map(seconds -> Duration.ofSeconds(seconds.asLong())),
                headers(answer)));
  }

  /**
   * @throws Unintelligible it is not what the contract says
   */
  static Leave leave(JsonNode answer) {
    String tenant = required(answer, "tenant").asText();
    String holder =
        answer.hasNonNull("user")
            ? tenant + "/user/" + answer.get("user").asText()
            : tenant + "/key/" + required(answer, "credential").asText();
    return new Leave(
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
        Math.max(0, answer.path("promptBytes").asInt(0)),
        headers(answer));
  }

  /**
   * @throws Unintelligible it is not what the contract says
   */
  static Balance balance(JsonNode answer) {
    List<Balance.Fund> funds = new ArrayList<>();
    required(answer, "funds")
        .forEach(
            fund ->
                funds.add(
                    new Balance.Fund(
                        required(fund, "currency").asText(),
                        amount(fund, "total"),
                        amount(fund, "granted"),
                        amount(fund, "toppedUp"))));
    return new Balance(required(answer, "available").booleanValue(), funds);
  }

  private static BigDecimal amount(JsonNode fund, String name) {
    try {
      return new BigDecimal(required(fund, name).asText());
    } catch (NumberFormatException e) {
      throw new Unintelligible("%s is no amount: %s".formatted(name, fund));
    }
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
