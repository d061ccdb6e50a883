package platform.deepseek.inference.ort;

import static java.lang.foreign.ValueLayout.ADDRESS;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** Status pointers to exceptions and back, and the one way in which handles are made. */
final class OrtStatus {

  private static final int FAIL = 1;

  private OrtStatus() {}

  /** A call that fills an out-pointer, its last argument. */
  interface Creation {
    Object create(MemorySegment out) throws Throwable;
  }

  /** A call that returns a status. */
  interface Call {
    Object call() throws Throwable;
  }

  /** Runs a call; a status other than null becomes an {@link OrtException} and is released. */
  static void check(Call call) {
    try {
      check((MemorySegment) call.call());
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  static void check(MemorySegment status) throws Throwable {
    if (status.address() == 0) {
      return;
    }
    try {
      int code = (int) OrtApi.GET_ERROR_CODE.invokeExact(status);
      var message = (MemorySegment) OrtApi.GET_ERROR_MESSAGE.invokeExact(status);
      throw new OrtException(code, message.reinterpret(Long.MAX_VALUE).getString(0));
    } finally {
      OrtApi.RELEASE_STATUS.invokeExact(status);
    }
  }

  /** Makes a handle that the arena releases when it closes. */
  static MemorySegment create(Arena arena, MethodHandle release, Creation creation) {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment out = call.allocate(ADDRESS);
      check((MemorySegment) creation.create(out));
      return out.get(ADDRESS, 0).reinterpret(arena, handle -> release(release, handle));
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  static void release(MethodHandle release, MemorySegment handle) {
    try {
      release.invokeExact(handle);
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  /** A new status for ONNX Runtime to report: an operator of ours failed. */
  static MemorySegment failure(String message) {
    try (Arena call = Arena.ofConfined()) {
      return (MemorySegment) OrtApi.CREATE_STATUS.invokeExact(FAIL, call.allocateFrom(message));
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }
}
