package platform.deepseek.inference.api.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.api.ModelIdentity;
import platform.deepseek.inference.api.ServedGpu;
import platform.deepseek.inference.api.ServedModel;
import platform.deepseek.inference.engine.DeviceLostException;
import platform.deepseek.inference.engine.EngineStats;
import platform.deepseek.inference.engine.GenerationRequest;
import platform.deepseek.inference.engine.GenerationService;
import platform.deepseek.inference.engine.KvMemory;
import platform.deepseek.inference.engine.Submission;
import platform.deepseek.inference.engine.TokenEvent;

class EngineGaugesTest {

  private static final KvMemory MEMORY = new KvMemory(2_100, 2_000);

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

  /** Engines that only have numbers. */
  private record Numbers(EngineStats stats) implements GenerationService {

    @Override
    public Submission submit(GenerationRequest request, Consumer<TokenEvent> consumer) {
      throw new UnsupportedOperationException("nothing is computed here");
    }

    @Override
    public List<EngineStats> statsOfEach() {
      return List.of(stats);
    }

    @Override
    public int longestSequence() {
      return 1;
    }

    @Override
    public int places() {
      return 1;
    }

    @Override
    public int embeddingLength() {
      return 1;
    }

    @Override
    public void lose(DeviceLostException failure) {}

    @Override
    public void close(Duration grace) {}
  }

  private void gauges(Optional<KvMemory> memory, ServedGpu... gpus) {
    var stats = new EngineStats(2, 1, 5, 6, 7, 20, 10, 80, memory);
    var model =
        new ServedModel(
            "m",
            0,
            100,
            null,
            Optional.empty(),
            () -> null,
            Set.of(),
            new Numbers(stats),
            "fp",
            new ModelIdentity("w", "t", "c", "e"),
            List.of(gpus));
    new EngineGauges(model, registry);
  }

  private double gauge(String name, String... tags) {
    return registry.get(name).tags(tags).gauge().value();
  }

  @Test
  void everyNumberOfTheEnginesIsToldUnderItsName() {
    gauges(Optional.of(MEMORY), new ServedGpu(0, 2, 3e9), new ServedGpu(2, 4, 1.5e9));
    assertThat(gauge("deepseek.requests.running")).isEqualTo(5);
    assertThat(gauge("deepseek.requests.waiting")).isEqualTo(6);
    assertThat(gauge("deepseek.engine.batch.limit")).isEqualTo(7);
    assertThat(gauge("deepseek.kv.cache.usage.ratio")).isEqualTo(0.25);
    assertThat(gauge("deepseek.kv.cache.prefix.ratio")).isEqualTo(0.125);
    assertThat(gauge("deepseek.engines", "state", "serving")).isEqualTo(2);
    assertThat(gauge("deepseek.engines", "state", "lost")).isEqualTo(1);
    assertThat(gauge("deepseek.kv.mapped.bytes")).isEqualTo(2_100);
    assertThat(gauge("deepseek.kv.used.bytes")).isEqualTo(2_000);
    assertThat(gauge("deepseek.weights.load.seconds", "gpu", "0")).isEqualTo(2);
    assertThat(gauge("deepseek.weights.load.bytes.per.second", "gpu", "2")).isEqualTo(1.5e9);
  }

  @Test
  void theProcessorHasNoneOfAGpusNumbers() {
    gauges(Optional.empty());
    assertThat(registry.getMeters())
        .extracting(meter -> meter.getId().getName())
        .noneMatch(name -> name.contains(".bytes") || name.contains(".load."));
  }

  @Test
  void everyGaugeIsDocumented() throws IOException {
    gauges(Optional.of(MEMORY), new ServedGpu(0, 2, 3e9));
    String text = Files.readString(Path.of("..", "docs", "metrics.md"));
    assertThat(registry.getMeters()).isNotEmpty();
    for (Meter meter : registry.getMeters()) {
      String name = meter.getId().getName().replace('.', '_');
      String labels =
          meter.getId().getTags().isEmpty()
              ? ""
              : "{" + meter.getId().getTags().getFirst().getKey() + "}";
      assertThat(text).contains("`" + name + labels + "`");
    }
  }
}
