package platform.deepseek.operator.resource;

/** Types of the conditions in the status; docs/operator.md explains each. */
public enum ConditionType {
  READY("Ready"),
  ACCEPTED("Accepted"),
  QUOTA_AVAILABLE("QuotaAvailable"),
  GPU_AVAILABLE("GpuAvailable"),
  MODEL_CACHED("ModelCached"),
  WORKLOAD_AVAILABLE("WorkloadAvailable"),
  PROGRESSING("Progressing"),
  AUTOSCALING_ACTIVE("AutoscalingActive"),
  ROUTE_READY("RouteReady"),
  CANARY_HEALTHY("CanaryHealthy"),
  DEGRADED("Degraded"),
  PAUSED("Paused"),
  CUSTOMISED("Customised");

  private final String text;

  ConditionType(String text) {
    this.text = text;
  }

  public String text() {
    return text;
  }
}
