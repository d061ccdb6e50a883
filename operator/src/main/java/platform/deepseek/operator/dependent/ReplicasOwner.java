package platform.deepseek.operator.dependent;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import java.util.Map;
import java.util.Optional;
import platform.deepseek.operator.resource.DeepSeekDeployment;

/** Who owns spec.replicas of a workload, by the API server's book of field managers. */
final class ReplicasOwner {

  private ReplicasOwner() {}

  static boolean isUs(HasMetadata workload, Context<DeepSeekDeployment> context) {
    var us = context.getControllerConfiguration().fieldManager();
    return workload.getMetadata().getManagedFields().stream()
        .filter(entry -> us.equals(entry.getManager()) && "Apply".equals(entry.getOperation()))
        .map(entry -> entry.getFieldsV1().getAdditionalProperties().get("f:spec"))
        .flatMap(spec -> Optional.ofNullable(spec).stream())
        .anyMatch(spec -> spec instanceof Map<?, ?> fields && fields.containsKey("f:replicas"));
  }

  /** Lets another manager hold the live value, so that it stays when we stop naming the field. */
  static void handOver(HasMetadata workload, int replicas, Context<DeepSeekDeployment> context) {
    var metadata = workload.getMetadata();
    var part =
        """
        {"apiVersion": "%s", "kind": "%s",
         "metadata": {"name": "%s", "namespace": "%s"}, "spec": {"replicas": %d}}
        """
            .formatted(
                workload.getApiVersion(),
                workload.getKind(),
                metadata.getName(),
                metadata.getNamespace(),
                replicas);
    context
        .getClient()
        .resource(workload)
        .patch(
            new PatchContext.Builder()
                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                .withFieldManager(Deployments.HANDOVER)
                .withForce(true)
                .build(),
            part);
  }
}
