package platform.deepseek.inference.cuda;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** The PTX that {@code make kernels} wrote beside the CUDA sources. */
public final class KernelText {

  private KernelText() {}

  /**
   * Reads the newest of the kernels of this name that the device can use.
   *
   * @param name of the kernel file and the element type: "elementwise.fp16"
   */
  public static String of(String name, Device device) {
    String newer = name + ".sm90";
    boolean use = device.overlapsKernels() && KernelText.class.getResource(newer + ".ptx") != null;
    return of(use ? newer : name);
  }

  /**
   * Reads a file of PTX.
   *
   * @param name without .ptx: "elementwise.fp16"
   */
  public static String of(String name) {
    try (InputStream text = KernelText.class.getResourceAsStream(name + ".ptx")) {
      if (text == null) {
        throw new IllegalArgumentException(
            "there are no kernels named %s; run make kernels and build again".formatted(name));
      }
      return new String(text.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
