package platform.deepseek.inference.ort;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A node's attributes, readable while its kernel is made. */
public final class KernelInfo {

  private final MemorySegment handle;

  KernelInfo(MemorySegment handle) {
    this.handle = handle;
  }

  public int attribute(String name) {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment value = call.allocate(JAVA_LONG);
      MemorySegment text = call.allocateFrom(name);
      OrtStatus.check(
          () -> (MemorySegment) OrtApi.KERNEL_INFO_GET_INT.invokeExact(handle, text, value));
      return Math.toIntExact(value.get(JAVA_LONG, 0));
    }
  }
}
