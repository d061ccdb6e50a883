package platform.deepseek.operator.reconcile;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRoute;
import io.fabric8.kubernetes.api.model.networking.v1.Ingress;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import platform.deepseek.operator.dependent.HttpRoutes;
import platform.deepseek.operator.dependent.Ingresses;
import platform.deepseek.operator.desired.Labels;
import platform.deepseek.operator.desired.Situation;
import platform.deepseek.operator.resource.DeepSeekDeployment;

/**
 * Moves the route to the standby and back while a spec cannot be carried out. Nothing else of it
 * is: but what makes a spec impossible, such as a Secret that is gone, is often what takes the
 * replicas down, and then the standby is needed most.
 */
final class StandbyRoute {

  private static final Logger LOG = Logger.getLogger(StandbyRoute.class);

  private StandbyRoute() {}

  static void move(Situation situation, Context<DeepSeekDeployment> context) {
    var resource = situation.resource();
    try {
      Stream.concat(
              moved(
                  HTTPRoute.class,
                  new HttpRoutes().desired(situation),
                  route -> route.getSpec().getRules(),
                  context),
              moved(
                  Ingress.class,
                  new Ingresses().desired(situation),
                  ingress -> ingress.getSpec().getRules(),
                  context))
          .forEach(
              route -> {
                route.addOwnerReference(resource);
                context
                    .getClient()
                    .resource(route)
                    .fieldManager(Labels.OPERATOR)
                    .forceConflicts()
                    .serverSideApply();
              });
    } catch (KubernetesClientException e) {
      // Tried again at the next look, which is soon: the resource is not settled.
      LOG.warnf(
          "%s/%s: the route was not moved: %s",
          situation.namespace(), situation.name(), e.getMessage());
    }
  }

  /** Of the routes that there are those that have to point elsewhere. */
  private static <R extends HasMetadata> Stream<R> moved(
      Class<R> kind,
      List<R> desired,
      Function<R, List<?>> rules,
      Context<DeepSeekDeployment> context) {
    return desired.stream()
        .filter(
            route ->
                existing(kind, route, context)
                    .filter(it -> !Objects.equals(rules.apply(it), rules.apply(route)))
                    .isPresent());
  }

  private static <R extends HasMetadata> Optional<R> existing(
      Class<R> kind, R route, Context<DeepSeekDeployment> context) {
    return context
        .getSecondaryResourcesAsStream(kind)
        .filter(it -> it.getMetadata().getName().equals(route.getMetadata().getName()))
        .findFirst();
  }
}
