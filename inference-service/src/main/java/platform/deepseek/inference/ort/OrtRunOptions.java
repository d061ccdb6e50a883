package platform.deepseek.inference.ort;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;

/** Settings of a run, made once and used for many. */
public final class OrtRunOptions {

  final MemorySegment handle;

  private OrtRunOptions(MemorySegment handle) {
    this.handle = handle;
  }

  /**
   * @param arena releases the options
   * @param configuration ONNX Runtime's run configuration entries
   */
  public static OrtRunOptions of(Arena arena, Map<String, String> configuration) {
    MemorySegment options =
        OrtStatus.create(
            arena,
            OrtApi.RELEASE_RUN_OPTIONS,
            out -> (MemorySegment) OrtApi.CREATE_RUN_OPTIONS.invokeExact(out));
    try (Arena call = Arena.ofConfined()) {
      configuration.forEach(
          (key, value) ->
              OrtStatus.check(
                  () ->
                      (MemorySegment)
                          OrtApi.ADD_RUN_CONFIG_ENTRY.invokeExact(
                              options, call.allocateFrom(key), call.allocateFrom(value))));
    }
    return new OrtRunOptions(options);
  }
}
