package platform.deepseek.operator.desired;

/** Who decides how many replicas there are. */
public sealed interface Replicas {

  /** The operator: so many. */
  record Fixed(int count) implements Replicas {}

  /** An autoscaler; a workload that does not exist yet starts with so many. */
  record Autoscaled(int start) implements Replicas {}
}
