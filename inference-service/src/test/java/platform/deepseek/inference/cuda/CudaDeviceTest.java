package platform.deepseek.inference.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class CudaDeviceTest {

  /** Writes a double to an address. */
  private static final String PUT =
      """
      .version 8.1
      .target sm_80
      .address_size 64
      .visible .entry put(.param .u64 put_param_0, .param .f64 put_param_1)
      {
        .reg .b64 %address;
        .reg .f64 %value;
        ld.param.u64 %address, [put_param_0];
        cvta.to.global.u64 %address, %address;
        ld.param.f64 %value, [put_param_1];
        st.global.f64 [%address], %value;
        ret;
      }
      """;

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
    try (CudaDevice device = gpu();
        Arena arena = Arena.ofShared()) {
      MemorySegment host = device.pinned(arena, 4096).fill((byte) 7);
      long first = device.allocate(4096);
      long second = device.allocate(4096);
      device.upload(first, host);
      device.clear(second, 4096);
      device.copy(second + 1024, first, 2048);
      device.clearRows(second + 1024, 512, 128, 2);
      device.download(host, second);
      device.synchronize();
      device.free(first);
      device.free(second);
      assertThat(host.asSlice(0, 1024).mismatch(host.asSlice(3072, 1024))).isEqualTo(-1);
      assertThat(host.get(ValueLayout.JAVA_BYTE, 1024)).isZero();
      assertThat(host.get(ValueLayout.JAVA_BYTE, 1024 + 128)).isEqualTo((byte) 7);
      assertThat(host.get(ValueLayout.JAVA_BYTE, 1024 + 512 + 127)).isZero();
      assertThat(device.freeMemory()).isBetween(1L, device.totalMemory());
    }
  }

  @Test
  void aKernelTakesItsArgumentsAndItsSharedMemory() {
    try (CudaDevice device = gpu();
        Arena arena = Arena.ofShared();
        KernelModule module = device.load(PUT)) {
      Kernel put = module.kernel("put");
      assertThat(put.parameters()).isEqualTo(2);
      MemorySegment host = device.pinned(arena, 8);
      long at = device.allocate(8);
      device.launch(put, new Grid(1, 1, 1, 1, 100 << 10), at, Double.doubleToRawLongBits(0.75));
      device.download(host, at);
      device.synchronize();
      device.free(at);
      assertThat(host.get(ValueLayout.JAVA_DOUBLE, 0)).isEqualTo(0.75);
      assertThatThrownBy(() -> device.launch(put, new Grid(1, 1, 1, 1, 0), at))
          .hasMessage("kernel put takes 2 arguments and 1 were given");
    }
  }

  @Test
  void aTextThatIsNoPtxIsRefusedInTheCompilersWords() {
    try (CudaDevice device = gpu()) {
      assertThatThrownBy(() -> device.load(PUT.replace("st.global", "st.universal")))
          .isInstanceOf(CudaException.class)
          .hasMessageStartingWith("compiling kernels (")
          .hasMessageContaining("universal");
    }
  }

  @Test
  void pagesComeAndGoBehindReservedAddresses() {
    try (CudaDevice device = gpu();
        Arena arena = Arena.ofShared();
        Mark mark = device.mark()) {
      long page = device.pageBytes();
      long address = device.reserve(1L << 40);
      long free = device.freeMemory();
      long mapped = 100 * page;
      device.map(address + page, mapped);
      assertThat(free - device.freeMemory()).isGreaterThanOrEqualTo(mapped);
      MemorySegment host = device.pinned(arena, 2 * page).fill((byte) 3);
      // One copy over the border of two pages.
      device.upload(address + 2 * page - 1024, host.asSlice(0, 2048));
      device.clear(address + 2 * page, 512);
      device.copy(address + 4 * page - 1024, address + 2 * page - 1024, 2048);
      device.download(host, address + 3 * page);
      mark.record();
      mark.await();
      assertThat(mark.reached()).isTrue();
      assertThat(host.get(ValueLayout.JAVA_BYTE, page - 1)).isEqualTo((byte) 3);
      assertThat(host.get(ValueLayout.JAVA_BYTE, page)).isZero();
      assertThat(host.get(ValueLayout.JAVA_BYTE, page + 512)).isEqualTo((byte) 3);
      assertThatThrownBy(() -> device.map(address, 2 * page)).isInstanceOf(CudaException.class);
      assertThatThrownBy(() -> device.unmap(address + page, mapped / 2))
          .hasMessageContaining("are not what was mapped there");
      device.unmap(address + page, mapped);
      device.map(address, page);
      device.unmap(address, page);
      device.release(address, 1L << 40);
    }
  }

  @Test
  void moreThanTheGpuHasIsOutOfMemoryAndLeavesItUsable() {
    try (CudaDevice device = gpu()) {
      long page = device.pageBytes();
      long reserved = 512 * page;
      long address = device.reserve(reserved);
      long rest = device.allocate(device.freeMemory() - reserved / 2);
      assertThatThrownBy(() -> device.map(address, reserved))
          .isInstanceOfSatisfying(CudaException.class, e -> assertThat(e.outOfMemory()).isTrue());
      assertThatThrownBy(() -> device.allocate(reserved))
          .isInstanceOfSatisfying(CudaException.class, e -> assertThat(e.outOfMemory()).isTrue());
      device.map(address, page);
      device.unmap(address, page);
      device.free(rest);
      device.release(address, reserved);
    }
  }

  private static CudaDevice gpu() {
    try {
      return CudaDevice.open(0);
    } catch (CudaException e) {
      return abort("skipped, it needs a GPU: " + e.getMessage());
    }
  }
}
