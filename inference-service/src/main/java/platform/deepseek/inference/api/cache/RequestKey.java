package platform.deepseek.inference.api.cache;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import platform.deepseek.inference.api.json.Fields;
import platform.deepseek.inference.api.stream.Generation;
import platform.deepseek.inference.api.stream.Prepared;
import platform.deepseek.inference.api.stream.Reading;
import platform.deepseek.inference.engine.GenerationRequest;
import platform.deepseek.inference.sampling.SamplingParams;
import platform.deepseek.inference.text.answer.AnswerStart;

/**
 * All that an answer depends on, as JSON.
 *
 * <p>It is the whole body, so that no field can be forgotten, whatever its name: a field that is
 * not known here makes another key. What the body says of sampling and limits is replaced by what
 * came of it, so that a default that is spelt out and one that is not are the same. The prompt's
 * tokens are in it beside the messages, because a template may write what no field says: the date,
 * or an earlier response.
 */
final class RequestKey {

  /** Beside the fields of the body; a name that no API has. */
  private static final String EFFECTIVE = "deepseek_effective";

  /** Fields whose meaning is in {@link #EFFECTIVE}, whatever the API calls them. */
  private static final Set<String> REPLACED =
      Set.of(
          "temperature",
          "top_k",
          "top_p",
          "min_p",
          "presence_penalty",
          "frequency_penalty",
          "repetition_penalty",
          "logit_bias",
          "seed",
          "stop",
          "stop_sequences",
          "max_tokens",
          "max_completion_tokens",
          "max_output_tokens",
          "ignore_eos",
          "n",
          "best_of",
          "logprobs",
          "top_logprobs",
          "echo",
          "prediction"); // changes no answer

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  /** Values that say the same as nothing. */
  private static final Map<String, JsonNode> DEFAULTS =
      Map.of(
          "response_format", JSON.objectNode().put("type", "text"),
          "modalities", JSON.arrayNode().add("text"),
          "functions", JSON.arrayNode(),
          "parallel_tool_calls", JSON.booleanNode(true),
          "tools", JSON.arrayNode(),
          "function_call", JSON.textNode("none"),
          "background", JSON.booleanNode(false),
          "include", JSON.arrayNode());

  private RequestKey() {}

  /** Whether its answer is one that can be kept, if it ends well: one choice, and text alone. */
  static boolean isKept(Prepared prepared) {
    if (prepared.generations().size() != 1) {
      return false;
    }
    Generation generation = prepared.generations().getFirst();
    GenerationRequest request = generation.request();
    return request.sampling().topLogprobs() < 0
        && !request.scorePrompt()
        && generation.echo() == null
        && request.maxTokens() > 0;
  }

  static boolean isGreedy(Prepared prepared) {
    return prepared.generations().getFirst().request().sampling().temperature() == 0;
  }

  /** For how long the client wants the answer kept. */
  static OptionalLong lifeSeconds(Fields body) {
    JsonNode retention = body.get("prompt_cache_retention");
    if (retention == null || !retention.isTextual()) {
      return OptionalLong.empty();
    }
    return switch (retention.textValue()) {
      case "in_memory", "in-memory" -> OptionalLong.of(3_600); // OpenAI: up to an hour
      case "24h" -> OptionalLong.of(86_400);
      default -> OptionalLong.empty();
    };
  }

  static ObjectNode of(Fields body, Prepared prepared) {
    ObjectNode request = body.copy();
    request.remove(REPLACED);
    for (String name : List.copyOf(body.names())) {
      JsonNode value = request.get(name);
      if (value != null && (value.isNull() || value.equals(DEFAULTS.get(name)))) {
        request.remove(name);
      }
    }
    Generation generation = prepared.generations().getFirst();
    GenerationRequest asked = generation.request();
    ObjectNode effective = request.putObject(EFFECTIVE);
    effective
        .put("dialect", prepared.dialect().getClass().getSimpleName())
        .put("prompt", digest(asked.prompt()))
        .put("max_tokens", asked.maxTokens())
        .put("start", generation.reading().start().name())
        .put("awaited", decidesLate(generation.reading()));
    sampling(effective, asked.sampling(), body.has("seed"));
    ArrayNode stops = effective.putArray("stop");
    generation.stop().forEach(stops::add);
    ArrayNode stopTokens = effective.putArray("stop_tokens");
    new TreeSet<>(asked.stopTokens()).forEach(stopTokens::add);
    return request;
  }

  /**
   * Whether the answer is taken apart differently because nobody sees it before it is whole: then
   * it may have as reasoning what a stream has as its text.
   */
  private static boolean decidesLate(Reading reading) {
    return reading.awaited()
        && reading.format().reasoning().isPresent()
        && reading.start() == AnswerStart.EITHER;
  }

  /**
   * A seed that the client did not choose changes no greedy answer, and no kept one is asked by.
   */
  private static void sampling(ObjectNode json, SamplingParams sampling, boolean seeded) {
    json.put("temperature", sampling.temperature())
        .put("top_k", sampling.topK())
        .put("top_p", sampling.topP())
        .put("min_p", sampling.minP())
        .put("presence_penalty", sampling.presencePenalty())
        .put("frequency_penalty", sampling.frequencyPenalty())
        .put("repetition_penalty", sampling.repetitionPenalty());
    if (seeded) {
      json.put("seed", sampling.seed());
    }
    ObjectNode biases = json.putObject("logit_bias");
    new TreeMap<>(sampling.logitBias())
        .forEach((token, bias) -> biases.put(token.toString(), bias));
  }

  private static String digest(int[] tokens) {
    ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES * tokens.length);
    bytes.asIntBuffer().put(tokens);
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes.array()));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}
