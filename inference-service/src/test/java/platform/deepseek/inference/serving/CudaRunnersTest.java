package platform.deepseek.inference.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import platform.deepseek.inference.api.ServedGpu;
import platform.deepseek.inference.engine.EngineConfig;
import platform.deepseek.inference.engine.EngineGroup;
import platform.deepseek.inference.engine.EngineObserver;
import platform.deepseek.inference.engine.GenerationRequest;
import platform.deepseek.inference.engine.GenerationService;
import platform.deepseek.inference.engine.TokenEvent;
import platform.deepseek.inference.engine.prefix.PrefixSharing;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.runner.Accelerator;
import platform.deepseek.inference.runner.CudaModelRunner;
import platform.deepseek.inference.runner.CudaNumbers;
import platform.deepseek.inference.runner.CudaPrecision;
import platform.deepseek.inference.runner.HostDevice;
import platform.deepseek.inference.runner.reference.ReferenceDevice;
import platform.deepseek.inference.sampling.SamplingParams;
import platform.deepseek.inference.weights.Checkpoint;

/** Several devices with one model, played by the processor. */
@Timeout(120)
class CudaRunnersTest {

  private static final Path MODEL = Path.of("src/test/resources/fixtures/models/qwen2_tied");

  private final ModelConfig config = ModelConfig.fromHuggingFace(MODEL);
  private final Checkpoint checkpoint = Checkpoint.open(MODEL);
  private final Map<Integer, HostDevice> devices = new ConcurrentHashMap<>();
  private final List<String> log = Collections.synchronizedList(new ArrayList<>());

  @AfterEach
  void close() {
    checkpoint.close();
  }

  private Accelerator open(int number) {
    HostDevice device = ReferenceDevice.create();
    devices.put(number, device);
    return device.accelerator();
  }

  private CudaRunners load(
      List<Integer> numbers, OptionalInt context, IntFunction<Accelerator> open) {
    var wanted =
        new CudaPlan.Wanted(context, OptionalInt.of(4), OptionalInt.of(32), Long.MAX_VALUE);
    return CudaRunners.load(
        config,
        checkpoint,
        CudaNumbers.published(CudaPrecision.FP32),
        wanted,
        numbers,
        open,
        log::add);
  }

  private static List<Integer> answer(GenerationService service, int[] prompt) throws Exception {
    var ended = new CompletableFuture<List<Integer>>();
    List<Integer> tokens = new ArrayList<>();
    service.submit(
        new GenerationRequest(
            prompt, 6, SamplingParams.GREEDY, Set.of(), "", false, Duration.ofMinutes(1)),
        event -> {
          switch (event) {
            case TokenEvent.Started started -> {}
            case TokenEvent.Token token -> tokens.add(token.sample().token());
            case TokenEvent.Finished finished -> ended.complete(tokens);
            case TokenEvent.Failed failed ->
                ended.completeExceptionally(new IllegalStateException(failed.error().message()));
          }
        });
    return ended.get(60, TimeUnit.SECONDS);
  }

  @Test
  void everyGpuServesTheModelAndTheirNumbersAreSummed() throws Exception {
    // All are opened at the same time: nobody comes through before the other is there.
    var both = new CyclicBarrier(2);
    CudaRunners loaded =
        load(
            List.of(2, 0),
            OptionalInt.of(64),
            number -> {
              await(both);
              return open(number);
            });
    assertThat(loaded.place()).isEqualTo("2 x host");
    assertThat(loaded.gpus()).extracting(ServedGpu::number).containsExactly(2, 0);
    assertThat(loaded.gpus()).allSatisfy(gpu -> assertThat(gpu.loadBytesPerSecond()).isPositive());
    assertThat(log).hasSize(3);
    assertThat(log.get(0))
        .startsWith("on each GPU up to 4 sequences and 32 tokens a step, ")
        .endsWith(" MiB of weights: weights in fp32");
    assertThat(log.get(1)).startsWith("engine 0, GPU 2: ");
    assertThat(log.get(2)).startsWith("engine 1, GPU 0: ");

    GenerationService service =
        EngineGroup.start(
            List.copyOf(loaded.runners()),
            new EngineConfig(4, 32, 8, true, 16, loaded.plan().kvBlocks()),
            PrefixSharing.NONE,
            EngineObserver.NONE,
            lost -> {});
    try {
      assertThat(service.places()).isEqualTo(8);
      assertThat(service.stats().serving()).isEqualTo(2);
      assertThat(service.stats().batchLimit()).isEqualTo(8);
      assertThat(service.stats().kvBlocksTotal()).isEqualTo(2 * loaded.plan().kvBlocks());
      // A block for the rows that only fill a batch, on each.
      long block = 16 * CudaModelRunner.tokenBytes(config, CudaPrecision.FP32);
      long page = devices.get(0).pageBytes();
      assertThat(service.stats().kvMemory().orElseThrow().mappedBytes())
          .isEqualTo(2 * Math.ceilDiv(block, page) * page);
      int[] prompt = {5, 6, 7, 8};
      assertThat(answer(service, prompt)).hasSize(6).isEqualTo(answer(service, prompt));
    } finally {
      service.close();
    }
    assertThat(devices.values()).allMatch(HostDevice::closed);
  }

  @Test
  void whenOneGpuFailsTheOthersAreGivenBack() {
    assertThatThrownBy(
            () ->
                load(
                    List.of(0, 1),
                    OptionalInt.of(64),
                    number -> {
                      if (number == 1) {
                        throw new IllegalStateException("no such GPU");
                      }
                      return open(number);
                    }))
        .hasMessage("no such GPU");
    assertThat(devices.get(0).closed()).isTrue();
  }

  @Test
  void aPlanThatDoesNotFitGivesAllGpusBack() {
    assertThatThrownBy(() -> load(List.of(0, 1), OptionalInt.of(1 << 28), this::open))
        .isInstanceOf(ModelDoesNotFitException.class);
    assertThat(devices.values()).hasSize(2).allMatch(HostDevice::closed);
  }

  private static void await(CyclicBarrier barrier) {
    try {
      barrier.await(30, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
