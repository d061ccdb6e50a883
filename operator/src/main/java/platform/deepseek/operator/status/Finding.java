package platform.deepseek.operator.status;

import platform.deepseek.operator.resource.ConditionType;
import platform.deepseek.operator.resource.Reason;

/**
 * One answer of a check.
 *
 * @param holds the condition's status, True or False
 */
public record Finding(ConditionType type, boolean holds, Reason reason, String message) {

  public static Finding yes(ConditionType type, Reason reason, String message) {
    return new Finding(type, true, reason, message);
  }

  public static Finding no(ConditionType type, Reason reason, String message) {
    return new Finding(type, false, reason, message);
  }
}
