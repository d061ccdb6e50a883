package platform.deepseek.inference.api.embeddings;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.model.embedding.onnx.allminilml6v2q.AllMiniLmL6V2QuantizedEmbeddingModel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.engine.Engine;
import platform.deepseek.inference.engine.EngineConfig;
import platform.deepseek.inference.engine.EngineObserver;
import platform.deepseek.inference.engine.GenerationRequest;
import platform.deepseek.inference.engine.TokenEvent;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.model.ModelWeights;
import platform.deepseek.inference.runner.CpuModelRunner;
import platform.deepseek.inference.runner.Precision;
import platform.deepseek.inference.sampling.SamplingParams;
import platform.deepseek.inference.weights.GgufFile;

/** ONNX Runtime bound by FFM for the engine and by JNI for all-MiniLM, in one process. */
class TwoRuntimesTest {

  @Test
  void neitherDisturbsTheOther() throws InterruptedException {
    try (GgufFile file =
        GgufFile.open(Path.of("src/test/resources/fixtures/gguf/tiny_qwen2_q8_0.gguf"))) {
      var runner =
          CpuModelRunner.load(
              new ModelWeights(ModelConfig.fromGguf(file), file),
              Precision.AUTO,
              new CpuModelRunner.Limits(64, 2, 64, 2),
              packed -> {});
      var config = new EngineConfig(2, 64, 10, false, 16, 0);
      try (Engine engine = Engine.start(runner, config, EngineObserver.NONE)) {
        List<Integer> before = answer(engine);
        assertThat(MiniLm.load().id()).isEqualTo(MiniLm.ID);
        var miniLm = new AllMiniLmL6V2QuantizedEmbeddingModel(Runnable::run);
        Embedding first = miniLm.embed("a parrot").content();

        assertThat(answer(engine)).isEqualTo(before).hasSize(8);
        assertThat(miniLm.embed("a parrot").content()).isEqualTo(first);
      }
    }
  }

  private static List<Integer> answer(Engine engine) throws InterruptedException {
    var events = new LinkedBlockingQueue<TokenEvent>();
    engine.submit(
        new GenerationRequest(
            new int[] {1, 2, 3, 4},
            8,
            new SamplingParams(1, 0, 1, 0, 0, 0, 1, Map.of(), 7, -1),
            Set.of(),
            "",
            false,
            Duration.ofMinutes(1)),
        events::add);
    List<Integer> tokens = new ArrayList<>();
    TokenEvent event = events.poll(1, TimeUnit.MINUTES);
    while (!(event instanceof TokenEvent.Finished)) {
      if (event instanceof TokenEvent.Token token) {
        tokens.add(token.sample().token());
      } else {
        assertThat(event).isInstanceOf(TokenEvent.Started.class);
      }
      event = events.poll(1, TimeUnit.MINUTES);
    }
    return tokens;
  }
}
