package platform.deepseek.inference.ort;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;

/**
 * ONNX Runtime 1.29 reports its use to its maker: as soon as an environment is made it keeps a
 * device id and a database of events in the home directory and sends them. Nothing may leave the
 * house, so the variable that turns it off is set before the library is loaded, for all that runs
 * in this process.
 */
final class Telemetry {

  static final String VARIABLE = "ORT_DISABLE_TELEMETRY";

  private Telemetry() {}

  /** Java cannot change the environment of its own process; the C library can. */
  static void disable() {
    Linker linker = Linker.nativeLinker();
    try (Arena call = Arena.ofConfined()) {
      int failed =
          (int)
              linker
                  .downcallHandle(
                      linker.defaultLookup().find("setenv").orElseThrow(),
                      FunctionDescriptor.of(
                          ValueLayout.JAVA_INT,
                          ValueLayout.ADDRESS,
                          ValueLayout.ADDRESS,
                          ValueLayout.JAVA_INT))
                  .invokeExact(call.allocateFrom(VARIABLE), call.allocateFrom("1"), 1);
      if (failed != 0) {
        throw new OrtException(
            -1, "cannot set " + VARIABLE + "=1; set it in the environment of the service");
      }
    } catch (OrtException e) {
      throw e;
    } catch (Throwable e) {
      throw new OrtException("cannot turn ONNX Runtime's telemetry off", e);
    }
  }
}
