package platform.deepseek.operator.desired;

import java.util.List;
import platform.deepseek.operator.resource.Expose;

/** Where a route from outside points: Services and their shares. */
public final class Backends {

  private static final int SERVICE_PORT = 80;

  /** A Service and its share in percent. */
  public record Backend(String service, int port, int weight) {}

  private Backends() {}

  public static List<Backend> of(Situation situation) {
    var standby = situation.spec().availability().standby();
    if (situation.traffic().onStandby() && standby != null) {
      return List.of(new Backend(standby.serviceName(), standby.port(), 100));
    }
    if (situation.spec().network().expose() != Expose.GATEWAY) {
      return List.of(new Backend(situation.name(), SERVICE_PORT, 100));
    }
    var weight = situation.traffic().canaryWeight();
    var stable = backend(situation, Track.STABLE, 100 - weight);
    return weight > 0 || situation.canary().isPresent()
        ? List.of(stable, backend(situation, Track.CANARY, weight))
        : List.of(stable);
  }

  private static Backend backend(Situation situation, Track track, int weight) {
    return new Backend(Names.trackService(situation.name(), track), SERVICE_PORT, weight);
  }
}
