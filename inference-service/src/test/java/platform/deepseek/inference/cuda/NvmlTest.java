package platform.deepseek.inference.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;

import org.junit.jupiter.api.Test;
import platform.deepseek.inference.cuda.GpuReading.Slowdown;

class NvmlTest {

  @Test
  void aMachineWithoutTheLibraryIsToldWhatIsMissing() {
    assertThatThrownBy(() -> Nvml.open("libnvidia-ml-of-no-machine.so.1", "0000:00:00.0"))
        .isInstanceOf(CudaException.class)
        .hasMessage(
            "NVML, which comes with NVIDIA's driver, cannot be loaded: no"
                + " libnvidia-ml-of-no-machine.so.1; in a container allow the driver capability"
                + " \"utility\"");
  }

  @Test
  void anotherLibraryIsNotTakenForNvml() {
    assertThatThrownBy(() -> Nvml.open("libc.so.6", "0000:00:00.0"))
        .isInstanceOf(CudaException.class)
        .hasMessage("this is not NVML: no nvmlErrorString");
  }

  @Test
  void reasonsOfLowClocksAreBits() {
    assertThat(Nvml.slowdowns(0)).isEmpty();
    // An idle device, and clocks that were asked for, are no trouble.
    assertThat(Nvml.slowdowns(0x1 | 0x2)).isEmpty();
    assertThat(Nvml.slowdowns(0x4 | 0x48))
        .containsExactly(Slowdown.POWER_LIMIT, Slowdown.HARDWARE, Slowdown.HARDWARE_HEAT);
  }

  @Test
  void aGpuTellsItsMemoryAndItsClock() {
    Nvml gpu;
    try {
      gpu = Nvml.open(0);
    } catch (CudaException e) {
      abort("skipped, it needs a GPU: " + e.getMessage());
      return;
    }
    GpuReading reading = gpu.read();
    assertThat(gpu.name()).isNotBlank();
    assertThat(reading.memoryTotal().orElseThrow()).isGreaterThan(1L << 30);
    assertThat(reading.memoryUsed().orElseThrow())
        .isBetween(0L, reading.memoryTotal().orElseThrow());
    assertThat(reading.clock().orElseThrow()).isBetween(1e7, 1e10);
  }
}
