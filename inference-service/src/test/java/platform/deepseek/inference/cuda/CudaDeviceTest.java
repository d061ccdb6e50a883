package platform.deepseek.inference.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class CudaDeviceTest {

  @Test
  void aMachineWithoutTheDriverIsToldWhatToDo() {
    assertThatThrownBy(() -> CudaDevice.open("libcuda-of-no-machine.so.1", 0))
        .isInstanceOf(CudaException.class)
        .hasMessage(
            "DEVICE=cuda needs NVIDIA's driver and libcuda-of-no-machine.so.1 cannot be loaded:"
                + " install the driver (525 or newer), start the container with the GPU, or set"
                + " DEVICE=cpu");
  }

  @Test
  void adviceDependsOnTheError() {
    assertThat(CudaException.advice("CUDA_ERROR_OUT_OF_MEMORY"))
        .isEqualTo("lower CONTEXT or MAX_BATCH_SIZE, or end other processes on the GPU");
    assertThat(CudaException.advice("CUDA_ERROR_ILLEGAL_ADDRESS")).contains("Xid");
    assertThat(new CudaException(2, "").outOfMemory()).isTrue();
    assertThat(new CudaException(700, "").outOfMemory()).isFalse();
  }

  @Test
  void whatIsUploadedComesBack() {
    CudaDevice device;
    try {
      device = CudaDevice.open(0);
    } catch (CudaException e) {
      abort("skipped, it needs a GPU: " + e.getMessage());
      return;
    }
    try (device;
        Arena arena = Arena.ofShared()) {
      MemorySegment host = device.pinned(arena, 4096).fill((byte) 7);
      long first = device.allocate(4096);
      long second = device.allocate(4096);
      device.upload(first, host);
      device.clear(second, 4096);
      device.copy(second + 1024, first, 2048);
      device.download(host, second);
      device.synchronize();
      device.free(first);
      device.free(second);
      assertThat(host.asSlice(0, 1024).mismatch(host.asSlice(3072, 1024))).isEqualTo(-1);
      assertThat(host.get(ValueLayout.JAVA_BYTE, 1024)).isEqualTo((byte) 7);
      assertThat(device.freeMemory()).isBetween(1L, device.totalMemory());
    }
  }
}
