package platform.deepseek.operator.desired;

/**
 * How traffic is split.
 *
 * @param canaryWeight percent that the canary takes
 * @param onStandby the standby takes all, whatever the weight
 */
public record Traffic(int canaryWeight, boolean onStandby) {

  public static final Traffic STABLE = new Traffic(0, false);
}
