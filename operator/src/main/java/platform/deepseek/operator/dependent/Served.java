package platform.deepseek.operator.dependent;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.dependent.DependentResource;
import io.javaoperatorsdk.operator.processing.dependent.workflow.Condition;
import platform.deepseek.operator.desired.Abilities;
import platform.deepseek.operator.resource.DeepSeekDeployment;

/** A step takes part only where the cluster serves its kind. */
public abstract class Served<R extends HasMetadata> implements Condition<R, DeepSeekDeployment> {

  private final String kind;

  private Served(String kind) {
    this.kind = kind;
  }

  @Override
  public boolean isMet(
      DependentResource<R, DeepSeekDeployment> dependent,
      DeepSeekDeployment primary,
      Context<DeepSeekDeployment> context) {
    return OwnedObjects.situation(context).abilities().has(kind);
  }

  /** LeaderWorkerSet is installed. */
  public static class LeaderWorkerSet
      extends Served<platform.deepseek.operator.desired.LeaderWorkerSet> {
    public LeaderWorkerSet() {
      super(Abilities.LEADER_WORKER_SET);
    }
  }

  /** KEDA is installed. */
  public static class ScaledObject extends Served<platform.deepseek.operator.desired.ScaledObject> {
    public ScaledObject() {
      super(Abilities.SCALED_OBJECT);
    }
  }

  /** Dynamic resource allocation is served. */
  public static class ResourceClaimTemplate
      extends Served<platform.deepseek.operator.desired.ResourceClaimTemplate> {
    public ResourceClaimTemplate() {
      super(Abilities.RESOURCE_CLAIM_TEMPLATE);
    }
  }

  /** The Gateway API is installed. */
  public static class HttpRoute
      extends Served<io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRoute> {
    public HttpRoute() {
      super(Abilities.HTTP_ROUTE);
    }
  }

  /** The Prometheus operator is installed: monitors. */
  public static class ServiceMonitor
      extends Served<io.fabric8.openshift.api.model.monitoring.v1.ServiceMonitor> {
    public ServiceMonitor() {
      super(Abilities.SERVICE_MONITOR);
    }
  }

  /** The Prometheus operator is installed: rules. */
  public static class PrometheusRule
      extends Served<io.fabric8.openshift.api.model.monitoring.v1.PrometheusRule> {
    public PrometheusRule() {
      super(Abilities.PROMETHEUS_RULE);
    }
  }
}
