package platform.deepseek.inference.runner;

import java.util.Locale;

/**
 * How fast weights came to the device.
 *
 * @param stored bytes of the tensors in their files
 * @param uploaded bytes on the device
 * @param seconds from the first read to the last copy's end
 */
public record LoadSpeed(long stored, long uploaded, double seconds) {

  /** 1e9 bytes per second of the larger of the two: what bounds the time, the disk or the bus. */
  public double gigabytesPerSecond() {
    return Math.max(stored, uploaded) / 1e9 / seconds;
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%.2f GB of files became %.2f GB on the GPU in %.2f s, %.2f GB/s",
        stored / 1e9,
        uploaded / 1e9,
        seconds,
        gigabytesPerSecond());
  }
}
