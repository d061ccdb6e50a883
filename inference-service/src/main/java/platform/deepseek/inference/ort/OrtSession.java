package platform.deepseek.inference.ort;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;

/**
 * A loaded graph. Used by one thread at a time; closing releases the session and everything that
 * was made for it.
 */
public final class OrtSession implements AutoCloseable {

  private final Arena arena;
  final MemorySegment handle;
  private final Map<String, MemorySegment> names = new HashMap<>();

  private OrtSession(Arena arena, MemorySegment handle) {
    this.arena = arena;
    this.handle = handle;
  }

  /**
   * @param model bytes of an ONNX ModelProto
   * @param domain operators of our own; its arena outlives the session
   * @param initializers tensors by name that replace the graph's external ones without a copy;
   *     their memory outlives the session
   * @param threads of the session's pool, the calling one included
   * @param configuration ONNX Runtime's session configuration entries
   */
  public static OrtSession load(
      byte[] model,
      OperatorDomain domain,
      Map<String, OrtTensor> initializers,
      int threads,
      Map<String, String> configuration) {
    return create(
        model,
        configuration,
        (options, call) -> {
          OrtStatus.check(
              () -> (MemorySegment) OrtApi.SET_INTRA_OP_NUM_THREADS.invokeExact(options, threads));
          domain(options, domain);
          initializers.forEach(
              (name, tensor) ->
                  OrtStatus.check(
                      () ->
                          (MemorySegment)
                              OrtApi.ADD_INITIALIZER.invokeExact(
                                  options, call.allocateFrom(name), tensor.handle)));
        });
  }

  /**
   * A graph on an NVIDIA GPU.
   *
   * @param domain operators of our own; its arena outlives the session
   * @param configuration ONNX Runtime's session configuration entries
   */
  public static OrtSession loadOnCuda(
      byte[] model,
      OperatorDomain domain,
      CudaProvider provider,
      Map<String, String> configuration) {
    return create(
        model,
        configuration,
        (options, call) -> {
          // Lengths differ from run to run: a remembered plan for each would be memory never
          // reused.
          OrtStatus.check(() -> (MemorySegment) OrtApi.DISABLE_MEMORY_PATTERN.invokeExact(options));
          domain(options, domain);
          provider.appendTo(options, call);
        });
  }

  private static void domain(MemorySegment options, OperatorDomain domain) {
    OrtStatus.check(
        () -> (MemorySegment) OrtApi.ADD_CUSTOM_OP_DOMAIN.invokeExact(options, domain.handle));
  }

  /** What a kind of session adds to its options. */
  private interface Options {
    void add(MemorySegment options, Arena call);
  }

  private static OrtSession create(
      byte[] model, Map<String, String> configuration, Options additions) {
    Arena arena = Arena.ofShared();
    try (Arena call = Arena.ofConfined()) {
      MemorySegment options =
          OrtStatus.create(
              call,
              OrtApi.RELEASE_SESSION_OPTIONS,
              out -> (MemorySegment) OrtApi.CREATE_SESSION_OPTIONS.invokeExact(out));
      configuration.forEach(
          (key, value) ->
              OrtStatus.check(
                  () ->
                      (MemorySegment)
                          OrtApi.ADD_SESSION_CONFIG_ENTRY.invokeExact(
                              options, call.allocateFrom(key), call.allocateFrom(value))));
      additions.add(options, call);
      MemorySegment bytes = call.allocateFrom(ValueLayout.JAVA_BYTE, model);
      MemorySegment session =
          OrtStatus.create(
              arena,
              OrtApi.RELEASE_SESSION,
              out ->
                  (MemorySegment)
                      OrtApi.CREATE_SESSION_FROM_ARRAY.invokeExact(
                          OrtEnvironment.HANDLE, bytes, (long) model.length, options, out));
      return new OrtSession(arena, session);
    } catch (RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  /** An empty binding that lives as long as the session. */
  public OrtBinding binding() {
    return new OrtBinding(
        this,
        OrtStatus.create(
            arena,
            OrtApi.RELEASE_IO_BINDING,
            out -> (MemorySegment) OrtApi.CREATE_IO_BINDING.invokeExact(handle, out)));
  }

  /** Runs the graph on inputs and into outputs of the caller's memory, and waits. */
  public void run(Map<String, OrtTensor> inputs, Map<String, OrtTensor> outputs) {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment binding =
          OrtStatus.create(
              call,
              OrtApi.RELEASE_IO_BINDING,
              out -> (MemorySegment) OrtApi.CREATE_IO_BINDING.invokeExact(handle, out));
      inputs.forEach(
          (name, tensor) ->
              OrtStatus.check(
                  () ->
                      (MemorySegment)
                          OrtApi.BIND_INPUT.invokeExact(binding, name(name), tensor.handle)));
      outputs.forEach(
          (name, tensor) ->
              OrtStatus.check(
                  () ->
                      (MemorySegment)
                          OrtApi.BIND_OUTPUT.invokeExact(binding, name(name), tensor.handle)));
      OrtStatus.check(
          () ->
              (MemorySegment)
                  OrtApi.RUN_WITH_BINDING.invokeExact(handle, MemorySegment.NULL, binding));
    }
  }

  /** The name as a C string, made once. */
  MemorySegment name(String text) {
    return names.computeIfAbsent(text, arena::allocateFrom);
  }

  @Override
  public void close() {
    arena.close();
  }
}
