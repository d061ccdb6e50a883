package platform.deepseek.inference.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import platform.deepseek.inference.cuda.CudaException;

class SamplingFlightTest {

  private static final long MUCH = 1 << 20;

  /** The engine tries again with fewer sequences, which need less than what could not be had. */
  @Test
  void afterMemoryRanOutRowsGoToMemoryThatIsThere() {
    HostDevice device = new HostDevice();
    SamplingFlight flight = new SamplingFlight(device, 2);
    int before = device.allocations();

    device.allocationLimit(MUCH - 1);
    assertThatThrownBy(() -> flight.staging(MUCH)).isInstanceOf(CudaException.class);
    assertThat(flight.staging(100).byteSize()).isGreaterThanOrEqualTo(100);
    assertThat(device.isAllocated(flight.upload(0))).isTrue();
    assertThat(device.allocations()).isEqualTo(before);

    device.allocationLimit(0);
    assertThatThrownBy(() -> flight.staging(MUCH)).isInstanceOf(CudaException.class);
    flight.close();
    assertThat(device.allocations()).isZero();
  }
}
