package platform.deepseek.inference.cuda;

import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What a GPU says of itself at one moment. What a device or its driver does not support is empty.
 *
 * @param busy share of the last sampling period in which a kernel ran, 0 to 1
 * @param memoryBusy share of it in which device memory was read or written, 0 to 1
 * @param memoryUsed bytes of device memory, of all processes
 * @param memoryTotal bytes
 * @param power watts
 * @param energy joules since the driver was loaded
 * @param temperature of the chip, degrees Celsius
 * @param correctedErrors of memory, found and put right since the driver was loaded
 * @param uncorrectedErrors of memory since the driver was loaded
 * @param clock of the multiprocessors, hertz
 * @param memoryClock hertz
 * @param slowdowns why the clocks are below what the device could do; empty set: they are not
 */
public record GpuReading(
    OptionalDouble busy,
    OptionalDouble memoryBusy,
    OptionalLong memoryUsed,
    OptionalLong memoryTotal,
    OptionalDouble power,
    OptionalDouble energy,
    OptionalDouble temperature,
    OptionalLong correctedErrors,
    OptionalLong uncorrectedErrors,
    OptionalDouble clock,
    OptionalDouble memoryClock,
    Optional<Set<Slowdown>> slowdowns) {

  /** A reason for lower clocks that costs speed; an idle device is none. */
  public enum Slowdown {
    /** The limit of power is reached. */
    POWER_LIMIT(0x4),
    /** A fast reaction of the hardware, to heat or to power; what it was is set beside it. */
    HARDWARE(0x8),
    /** The driver lowers the clocks, it is too warm. */
    HEAT(0x20),
    /** The hardware lowers the clocks, it is much too warm. */
    HARDWARE_HEAT(0x40),
    /** The power supply asked for less. */
    POWER_BRAKE(0x80);

    final long bit;

    Slowdown(long bit) {
      this.bit = bit;
    }
  }
}
