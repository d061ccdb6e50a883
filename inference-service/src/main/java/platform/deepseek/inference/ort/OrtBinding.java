package platform.deepseek.inference.ort;

import java.lang.foreign.MemorySegment;

/**
 * What a graph's inputs and outputs are bound to, kept from run to run: a model on a GPU has
 * hundreds of inputs, and only those whose shape or place changes are bound again. A bound tensor's
 * handle may be released, its data must stay.
 */
public final class OrtBinding {

  private final OrtSession session;
  private final MemorySegment handle;

  OrtBinding(OrtSession session, MemorySegment handle) {
    this.session = session;
    this.handle = handle;
  }

  public void input(String name, OrtTensor tensor) {
    OrtStatus.check(
        () ->
            (MemorySegment)
                OrtApi.BIND_INPUT.invokeExact(handle, session.name(name), tensor.handle));
  }

  public void output(String name, OrtTensor tensor) {
    OrtStatus.check(
        () ->
            (MemorySegment)
                OrtApi.BIND_OUTPUT.invokeExact(handle, session.name(name), tensor.handle));
  }

  /** Runs the graph; on a GPU it returns when the work is queued on the session's stream. */
  public void run(OrtRunOptions options) {
    OrtStatus.check(
        () ->
            (MemorySegment)
                OrtApi.RUN_WITH_BINDING.invokeExact(session.handle, options.handle, handle));
  }
}
