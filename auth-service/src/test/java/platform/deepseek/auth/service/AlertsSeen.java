package platform.deepseek.auth.service;

import jakarta.inject.Singleton;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import platform.deepseek.auth.traffic.SourceAlert;
import platform.deepseek.auth.traffic.SourceAlerts;

/** Is told of alerts as the audit trail is. */
@Singleton
final class AlertsSeen implements SourceAlerts {

  private final Queue<SourceAlert> alerts = new ConcurrentLinkedQueue<>();

  @Override
  public void raised(SourceAlert alert) {
    alerts.add(alert);
  }

  long of(String source) {
    return alerts.stream().filter(alert -> alert.source().equals(source)).count();
  }
}
