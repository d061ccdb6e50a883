package platform.deepseek.inference.runner.reference;

import platform.deepseek.inference.runner.HostDevice;

/** The processor with all kernels of a decoder in float32. */
public final class ReferenceDevice {

  private ReferenceDevice() {}

  public static HostDevice create() {
    return SamplingReference.onFloat32(
        ExpertsReference.on(
            LatentReference.on(
                AttentionReference.on(
                    ProductReference.on(ElementwiseReference.on(new HostDevice()))))));
  }
}
