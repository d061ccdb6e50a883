package platform.deepseek.inference.grammar.schema;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Optional;
import java.util.Random;
import java.util.function.IntPredicate;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.grammar.CompiledGrammar;
import platform.deepseek.inference.grammar.Grammar;

/** What is sampled under a mask is valid, says a validator that shares nothing with the grammar. */
class SampledTextsTest {

  private static final int SCHEMAS = 1_000;
  private static final int LONGEST = 400;
  private static final double TEMPERATURE = 1.5;

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final SmallVocabulary vocabulary = new SmallVocabulary();
  private final SchemaRegistry validators =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

  @Test
  void whatIsSampledAtHighTemperatureValidates() throws JsonProcessingException {
    var random = new Random(4);
    var generator = new SchemaGenerator(random);
    var invalid = new ArrayList<String>();
    var refused = new HashMap<String, Integer>();
    int compiled = 0;
    int finished = 0;
    while (compiled < SCHEMAS) {
      var schema = generator.schema();
      Grammar grammar;
      try {
        grammar = JsonSchemas.grammar(schema);
      } catch (SchemaException reason) {
        refused.merge(reason.keyword(), 1, Integer::sum);
        continue;
      }
      compiled++;
      var text = sampled(grammar, random);
      if (text.isPresent()) {
        finished++;
        errors(schema, text.get()).ifPresent(invalid::add);
      }
    }
    assertThat(invalid).isEmpty();
    assertThat(finished).as("texts that came to an end").isGreaterThan(SCHEMAS * 2 / 3);
    // Only what generated keywords exclude altogether is refused, and that is rare.
    assertThat(refused.keySet()).isSubsetOf("schema");
    assertThat(refused.values().stream().mapToInt(Integer::intValue).sum()).isLessThan(50);
  }

  private Optional<String> errors(JsonNode schema, String text) throws JsonProcessingException {
    var errors =
        validators
            .getSchema(schema)
            .validate(
                JSON.readTree(text),
                context -> context.executionConfig(config -> config.formatAssertionsEnabled(true)));
    return errors.isEmpty()
        ? Optional.empty()
        : Optional.of("%s is not valid against %s: %s".formatted(text, schema, errors));
  }

  private Optional<String> sampled(Grammar grammar, RandomGenerator random) {
    var constraint = CompiledGrammar.compile(grammar, vocabulary.vocabulary()).start();
    var logits = vocabulary.logits(random);
    var text = new ByteArrayOutputStream();
    for (int length = 0; length < LONGEST; length++) {
      int token = choose(logits, random, constraint.mask()::allows);
      if (token == vocabulary.stop()) {
        return Optional.of(text.toString(StandardCharsets.UTF_8));
      }
      text.writeBytes(vocabulary.text(token));
      constraint.accept(token);
    }
    return Optional.empty();
  }

  /** By the Gumbel trick: the largest of logit / temperature + noise. */
  private static int choose(double[] logits, RandomGenerator random, IntPredicate allowed) {
    int best = -1;
    double most = Double.NEGATIVE_INFINITY;
    for (int token = 0; token < logits.length; token++) {
      double score = logits[token] / TEMPERATURE - Math.log(-Math.log(random.nextDouble()));
      if (score > most && allowed.test(token)) {
        best = token;
        most = score;
      }
    }
    return best;
  }
}
