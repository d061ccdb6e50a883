package platform.deepseek.inference.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.inference.engine.Engine;
import platform.deepseek.inference.engine.EngineConfig;
import platform.deepseek.inference.engine.EngineObserver;
import platform.deepseek.inference.engine.GenerationRequest;
import platform.deepseek.inference.engine.Sequence;
import platform.deepseek.inference.engine.Step;
import platform.deepseek.inference.engine.TokenEvent;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.model.ModelWeights;
import platform.deepseek.inference.model.WeightRole;
import platform.deepseek.inference.weights.SafetensorsFile;

/** The hidden states of a prompt, which its embedding is the mean of. */
class HiddenStatesTest {

  private static final CpuModelRunner.Limits LIMITS = new CpuModelRunner.Limits(192, 4, 192, 2);

  /** 66 tokens of tiny_qwen2_q8_0's vocabulary. */
  private static final int[] PROMPT = new Random(5).ints(66, 0, 500).toArray();

  private static Decoder quantized() {
    return Decoder.open(Fixtures.path("gguf/tiny_qwen2_q8_0.gguf"), Precision.AUTO, LIMITS);
  }

  /** The output layer is linear, so it makes of the sum the sum of the logits. */
  @ParameterizedTest
  @ValueSource(strings = {"qwen2_tied", "qwen2_untied", "qwen3", "llama3_rope"})
  void outputLayerMakesTheGoldenLogitsOfThem(String model) {
    try (Decoder decoder = Decoder.open(Fixtures.path("models/" + model), Precision.FP32, LIMITS);
        SafetensorsFile file =
            SafetensorsFile.open(Fixtures.path("models/" + model + "/model.safetensors"))) {
      var weights =
          new ModelWeights(ModelConfig.fromHuggingFace(Fixtures.path("models/" + model)), file);
      int compared = 0;
      for (JsonNode prompt : Fixtures.json("models/" + model + "/golden.json").get("prompts")) {
        if (prompt.has("all_logits")) {
          int[] ids = Fixtures.ints(prompt.get("ids"));
          double[] sum = decoder.hiddenSum(0, ids, ids.length);
          float[] logits = Fixtures.floats("models/" + model, prompt.get("all_logits"));
          int vocabulary = logits.length / ids.length;
          float[] row = new float[sum.length];
          for (int token = 0; token < vocabulary; token++) {
            weights.row(WeightRole.HEAD, 0, token, row, 0);
            double found = 0;
            for (int i = 0; i < row.length; i++) {
              found += row[i] * sum[i];
            }
            double right = 0;
            for (int position = 0; position < ids.length; position++) {
              right += logits[position * vocabulary + token];
            }
            assertThat(found).isCloseTo(right, within(1e-3 * ids.length));
          }
          compared++;
        }
      }
      assertThat(compared).isPositive();
    }
  }

  @Test
  void sumIsThatOfTheStatesPositionByPosition() {
    try (Decoder decoder = quantized()) {
      double[] sum = new double[decoder.runner.embeddingLength()];
      double[] before = sum.clone();
      Sequence sequence = decoder.startEmbedding(0, PROMPT);
      for (int position = 0; position < PROMPT.length; position++) {
        decoder.step(List.of(new Step.Entry(sequence, position, 1, false, false, true)));
        double[] after = sequence.hiddenSum();
        for (int i = 0; i < sum.length; i++) {
          sum[i] += after[i] - before[i]; // the state of this one position
        }
        before = after;
      }

      assertThat(decoder.hiddenSum(1, PROMPT, PROMPT.length)).isEqualTo(before);
      for (int i = 0; i < sum.length; i++) {
        assertThat(before[i]).isCloseTo(sum[i], within(1e-9));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 16, 65})
  void chunksChangeNoBit(int chunk) {
    try (Decoder decoder = quantized()) {
      assertThat(decoder.hiddenSum(0, PROMPT, chunk))
          .isEqualTo(decoder.hiddenSum(1, PROMPT, PROMPT.length));
    }
  }

  @Test
  void neighboursChangeNoBit() {
    try (Decoder decoder = quantized()) {
      double[] alone = decoder.hiddenSum(0, PROMPT, PROMPT.length);
      Sequence stream = decoder.start(1, Arrays.copyOf(PROMPT, 11));
      decoder.next(stream);
      Sequence other = decoder.startEmbedding(2, Arrays.copyOfRange(PROMPT, 20, 50));
      Sequence watched = decoder.startEmbedding(3, PROMPT);
      decoder.step(
          List.of(
              new Step.Entry(stream, stream.computed(), 1, true, false),
              new Step.Entry(other, 0, 30, false, false, true),
              new Step.Entry(watched, 0, 40, false, false, true)));
      decoder.step(
          List.of(
              new Step.Entry(watched, 40, PROMPT.length - 40, false, false, true),
              new Step.Entry(stream, stream.computed(), 1, true, false)));

      assertThat(watched.hiddenSum()).isEqualTo(alone);
      assertThat(other.hiddenSum())
          .isEqualTo(decoder.hiddenSum(0, Arrays.copyOfRange(PROMPT, 20, 50), 30));
    }
  }

  @Test
  void tokensBesideAnEmbeddingAreThoseAlone() {
    try (Decoder decoder = quantized()) {
      int[] alone = decoder.greedy(Arrays.copyOf(PROMPT, 11), 2);
      Sequence stream = decoder.start(1, Arrays.copyOf(PROMPT, 11));
      int first = decoder.next(stream);
      Sequence embedded = decoder.startEmbedding(2, PROMPT);
      int[] second =
          decoder.step(
              List.of(
                  new Step.Entry(embedded, 0, PROMPT.length, false, false, true),
                  new Step.Entry(stream, stream.computed(), 1, true, false)));

      assertThat(new int[] {first, second[1]}).isEqualTo(alone);
    }
  }

  @Test
  void engineGivesTheDirectionOfTheSum() throws InterruptedException {
    try (Decoder decoder = quantized()) {
      double[] sum = decoder.hiddenSum(0, PROMPT, PROMPT.length);
      double length = Math.sqrt(Arrays.stream(sum).map(value -> value * value).sum());
      List<LinkedBlockingQueue<TokenEvent>> events = new ArrayList<>();
      try (Engine engine =
          Engine.start(
              new Borrowed(decoder.runner),
              new EngineConfig(4, 24, 100, true, 16, 0),
              EngineObserver.NONE)) {
        for (int i = 0; i < 6; i++) {
          events.add(new LinkedBlockingQueue<>());
          engine.submit(
              GenerationRequest.embedding(PROMPT, "", Duration.ofMinutes(1)),
              events.getLast()::add);
        }
        for (var each : events) {
          assertThat(each.poll(1, TimeUnit.MINUTES))
              .isInstanceOfSatisfying(
                  TokenEvent.Started.class,
                  started -> {
                    for (int i = 0; i < sum.length; i++) {
                      assertThat(started.embedding()[i]).isEqualTo((float) (sum[i] / length));
                    }
                  });
        }
      }
    }
  }
}
