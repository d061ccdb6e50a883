package platform.deepseek.operator.reconcile;

import java.util.List;
import platform.deepseek.operator.resource.CanaryCheck;
import platform.deepseek.operator.resource.CheckResult;
import platform.deepseek.operator.resource.DeepSeekDeployment;

/** Measures a new revision while it takes traffic. */
public interface CanaryMeasurements {

  /** One result per check; a value that cannot be measured has not passed. */
  List<CheckResult> measure(DeepSeekDeployment resource, List<CanaryCheck> checks);
}
