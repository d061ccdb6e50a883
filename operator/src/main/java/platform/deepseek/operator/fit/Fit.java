package platform.deepseek.operator.fit;

import platform.deepseek.operator.resource.GpuStatus;
import platform.deepseek.operator.resource.Reason;

/** The outcome of the memory check. */
public sealed interface Fit {

  /** It fits; pods may be made. */
  record Fits(GpuStatus numbers, String message) implements Fit {}

  /** It fits and every such GPU is taken for now: pods may be made and will wait. */
  record Waits(GpuStatus numbers, String message) implements Fit {}

  /** It cannot fit: no pod is made. */
  record Refused(Reason reason, GpuStatus numbers, String message) implements Fit {}
}
