package platform.deepseek.auth.traffic;

/** Whoever wants to know of alerts. May block; is told of one source once a minute at most. */
@FunctionalInterface
public interface SourceAlerts {

  void raised(SourceAlert alert);
}
