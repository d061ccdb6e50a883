package platform.deepseek.inference.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.cuda.CudaException;
import platform.deepseek.inference.cuda.Grid;
import platform.deepseek.inference.cuda.Kernel;
import platform.deepseek.inference.cuda.KernelModule;
import platform.deepseek.inference.cuda.Mark;

class HostDeviceTest {

  private static final long PAGE = HostPages.PAGE_BYTES;

  private final HostDevice device = new HostDevice();

  @Test
  void aLaunchRunsTheReferenceOfThatName() {
    device.with(
        "scale",
        (grid, arguments) -> {
          for (int i = 0; i < grid.x(); i++) {
            var memory = HostDevice.memory(arguments[0], grid.x() * 4L);
            float scaled = (float) (i * Double.longBitsToDouble(arguments[1]));
            memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, scaled);
          }
        });
    long numbers = device.allocate(16);
    try (KernelModule module = device.load("")) {
      Kernel scale = module.kernel("scale");
      device.launch(scale, new Grid(4, 1, 1, 32, 0), numbers, Double.doubleToRawLongBits(0.5));
      assertThat(HostDevice.memory(numbers, 16).toArray(ValueLayout.JAVA_FLOAT))
          .containsExactly(0f, 0.5f, 1f, 1.5f);
      assertThatThrownBy(() -> module.kernel("shift"))
          .hasMessage("no reference kernel is named shift");
      assertThat(device.open()).isEqualTo(1);
    }
    assertThat(device.open()).isZero();
  }

  @Test
  void pagesAreMappedOnceAndUnmappedOnce() {
    long address = device.reserve(4 * PAGE);
    device.map(address + PAGE, 2 * PAGE);

    assertThat(device.mappedBytes()).isEqualTo(2 * PAGE);
    assertThatThrownBy(() -> device.map(address, 2 * PAGE)).hasMessageContaining("mapped already");
    assertThatThrownBy(() -> device.map(address + 3 * PAGE, 2 * PAGE))
        .hasMessageContaining("not reserved");
    assertThatThrownBy(() -> device.map(address + 1, PAGE))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> device.unmap(address, PAGE)).hasMessageContaining("no page is mapped");
    assertThatThrownBy(() -> device.clear(address + PAGE - 1, 2))
        .hasMessageContaining("touches the unmapped page");
    assertThatThrownBy(() -> device.release(address, 4 * PAGE))
        .hasMessageContaining("still mapped");
    device.clear(address + PAGE, 2 * PAGE);
    device.unmap(address + PAGE, 2 * PAGE);
    device.release(address, 4 * PAGE);
    assertThat(device.reservations()).isZero();
  }

  @Test
  void mappingBehindTheLimitIsOutOfMemoryAndMapsNothing() {
    long address = device.reserve(4 * PAGE);
    device.mappedLimit(2 * PAGE);
    device.map(address, PAGE);

    assertThatThrownBy(() -> device.map(address + PAGE, 2 * PAGE))
        .isInstanceOfSatisfying(CudaException.class, e -> assertThat(e.outOfMemory()).isTrue());
    assertThat(device.mappedBytes()).isEqualTo(PAGE);
  }

  @Test
  void aMarkIsReachedAtOnceOrWhenAwaited() {
    try (Mark mark = device.mark()) {
      assertThat(mark.reached()).isTrue();
      device.marksAreReached(false);
      mark.record();
      assertThat(mark.reached()).isFalse();
      mark.await();
      assertThat(mark.reached()).isTrue();
    }
    assertThat(device.open()).isZero();
  }

  @Test
  void aKernelThatKnowsItsParametersRefusesOthers() {
    Kernel kernel = new Kernel("add", 0, 3);
    assertThatThrownBy(() -> device.launch(kernel, new Grid(1, 1, 1, 1, 0), 1, 2))
        .hasMessage("kernel add takes 3 arguments and 2 were given");
    assertThatThrownBy(() -> new Grid(0, 1, 1, 32, 0))
        .hasMessage("a grid of 0 x 1 x 1 blocks of 32 threads with 0 bytes");
  }
}
