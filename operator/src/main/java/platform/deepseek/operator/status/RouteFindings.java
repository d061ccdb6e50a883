package platform.deepseek.operator.status;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRoute;
import io.fabric8.kubernetes.api.model.networking.v1.Ingress;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import platform.deepseek.operator.resource.ConditionType;
import platform.deepseek.operator.resource.Reason;

/** Whether traffic from outside arrives. */
final class RouteFindings {

  private RouteFindings() {}

  static Optional<Finding> ready(StatusReport.Input input) {
    if (input.standby() != null && input.standby().active()) {
      return Optional.of(
          Finding.yes(
              ConditionType.ROUTE_READY,
              Reason.ON_STANDBY,
              "the standby %s takes the traffic"
                  .formatted(input.situation().spec().availability().standby().serviceName())));
    }
    return switch (input.situation().spec().network().expose()) {
      case NONE -> Optional.empty();
      case INGRESS -> Optional.of(ingress(kind(input, Ingress.class).findFirst()));
      case GATEWAY -> Optional.of(gateway(kind(input, HTTPRoute.class).findFirst()));
    };
  }

  private static <T> Stream<T> kind(StatusReport.Input input, Class<T> type) {
    return input.observed().all().stream().filter(type::isInstance).map(type::cast);
  }

  /** Not every controller writes an address, so an Ingress that exists counts. */
  private static Finding ingress(Optional<Ingress> ingress) {
    return ingress.isPresent()
        ? yes("the Ingress is there")
        : no(Reason.ADDRESS_PENDING, "the Ingress is being made");
  }

  private static Finding gateway(Optional<HTTPRoute> route) {
    var conditions =
        route
            .map(HTTPRoute::getStatus)
            .map(status -> status.getParents())
            .orElse(List.of())
            .stream()
            .flatMap(parent -> parent.getConditions().stream())
            .toList();
    if (conditions.isEmpty()) {
      return no(
          Reason.ADDRESS_PENDING,
          "no Gateway has answered for the route; check network.gatewayRef and that its controller runs");
    }
    return failed(conditions, "Accepted", Reason.GATEWAY_NOT_ACCEPTED)
        .or(() -> failed(conditions, "ResolvedRefs", Reason.REFS_NOT_RESOLVED))
        .orElseGet(() -> yes("the Gateway has accepted the route"));
  }

  private static Optional<Finding> failed(List<Condition> conditions, String type, Reason reason) {
    return conditions.stream()
        .filter(it -> it.getType().equals(type) && !it.getStatus().equals("True"))
        .map(it -> no(reason, "%s: %s".formatted(it.getReason(), it.getMessage())))
        .findFirst();
  }

  private static Finding yes(String message) {
    return Finding.yes(ConditionType.ROUTE_READY, Reason.ROUTED, message);
  }

  private static Finding no(Reason reason, String message) {
    return Finding.no(ConditionType.ROUTE_READY, reason, message);
  }
}
