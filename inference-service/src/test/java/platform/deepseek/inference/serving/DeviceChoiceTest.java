package platform.deepseek.inference.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceChoiceTest {

  @Test
  void everyFormIsRead() {
    assertThat(DeviceChoice.parse("auto")).isEqualTo(new DeviceChoice.Automatic());
    assertThat(DeviceChoice.parse("CPU")).isEqualTo(new DeviceChoice.Processor());
    assertThat(DeviceChoice.parse("cuda")).isEqualTo(new DeviceChoice.Gpus(List.of()));
    assertThat(DeviceChoice.parse("cuda:0")).isEqualTo(new DeviceChoice.Gpus(List.of(0)));
    assertThat(DeviceChoice.parse(" Cuda:2,0 ")).isEqualTo(new DeviceChoice.Gpus(List.of(2, 0)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "gpu", "cuda:", "cuda:0,", "cuda:-1", "cuda:a", "cuda:0;1", "cuda:1000"})
  void anythingElseIsRefusedWithAnExample(String text) {
    assertThatThrownBy(() -> DeviceChoice.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "DEVICE=%s is not auto, cpu, cuda, or GPUs by their numbers like cuda:0,2"
                .formatted(text));
  }

  @Test
  void aGpuCountsOnce() {
    assertThatThrownBy(() -> DeviceChoice.parse("cuda:1,0,1"))
        .hasMessage("DEVICE=cuda:1,0,1 names GPU 1 twice; a GPU computes the model once");
  }
}
