package platform.deepseek.operator.desired;

import java.util.Set;

/**
 * What the cluster serves beyond the built-in kinds, as apiVersion/Kind, and which of the metrics
 * APIs.
 */
public record Abilities(Set<String> kinds, boolean podMetrics, boolean externalMetrics) {

  public static final String SCALED_OBJECT = "keda.sh/v1alpha1/ScaledObject";
  public static final String LEADER_WORKER_SET = "leaderworkerset.x-k8s.io/v1/LeaderWorkerSet";
  public static final String HTTP_ROUTE = "gateway.networking.k8s.io/v1/HTTPRoute";
  public static final String SERVICE_MONITOR = "monitoring.coreos.com/v1/ServiceMonitor";
  public static final String PROMETHEUS_RULE = "monitoring.coreos.com/v1/PrometheusRule";
  public static final String RESOURCE_CLAIM_TEMPLATE = "resource.k8s.io/v1/ResourceClaimTemplate";

  public boolean has(String kind) {
    return kinds.contains(kind);
  }
}
