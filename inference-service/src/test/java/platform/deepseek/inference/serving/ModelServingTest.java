package platform.deepseek.inference.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.Map;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.api.ServedModel;
import platform.deepseek.inference.api.ServiceConfig;
import platform.deepseek.inference.api.account.Uncharged;
import platform.deepseek.inference.cuda.CudaException;
import platform.deepseek.inference.engine.EngineObserver;
import platform.deepseek.inference.engine.KvMemory;
import platform.deepseek.inference.engine.prefix.PrefixSharing;
import platform.deepseek.inference.runner.Accelerator;

class ModelServingTest {

  private static final String MODEL = "src/test/resources/fixtures/models/llama3_rope";

  private static ModelServing serving(Map<String, String> settings) {
    var config =
        new SmallRyeConfigBuilder()
            .addDiscoveredConverters()
            .withDefaultValue("deepseek.api-key", "sk-test")
            .withDefaultValue("deepseek.model", MODEL);
    settings.forEach((name, value) -> config.withDefaultValue("deepseek." + name, value));
    ServiceConfig service =
        config.withMapping(ServiceConfig.class).build().getConfigMapping(ServiceConfig.class);
    return new ModelServing(service, EngineObserver.NONE, PrefixSharing.NONE);
  }

  private static ServedModel served(ModelServing serving) {
    return serving.model();
  }

  /** No GPU computes in fp32, so this is the processor's on every machine. */
  @Test
  void automaticTakesTheProcessorForWhatNoGpuCanDo() {
    ModelServing serving = serving(Map.of("precision", "fp32"));
    ServedModel model = served(serving);
    assertThat(model.gpus()).isEmpty();
    assertThat(model.engine().places()).isEqualTo(16);
    assertThat(model.engine().stats().kvMemory()).contains(new KvMemory(0, 0));
    serving.close(model, new Uncharged());
  }

  @Test
  void aBatchBeyondTheDefaultTokensRaisesThem() {
    ModelServing serving = serving(Map.of("device", "cpu", "max-batch-size", "300"));
    ServedModel model = served(serving);
    assertThat(model.engine().places()).isEqualTo(300);
    serving.close(model, new Uncharged());
  }

  @Test
  void aDeviceThatNobodyKnowsIsRefused() {
    assertThatThrownBy(() -> served(serving(Map.of("device", "tpu"))))
        .hasMessage("DEVICE=tpu is not auto, cpu, cuda, or GPUs by their numbers like cuda:0,2");
  }

  @Test
  void withoutADriverGpusThatWereAskedForAreRefusedAtOnce() {
    String objection = Accelerator.cudaObjection().orElse("");
    assumeTrue(objection.contains("libcuda.so.1"), "this machine has NVIDIA's driver");
    assertThatThrownBy(() -> served(serving(Map.of("device", "cuda"))))
        .isInstanceOf(CudaException.class)
        .hasMessage(objection);
  }
}
