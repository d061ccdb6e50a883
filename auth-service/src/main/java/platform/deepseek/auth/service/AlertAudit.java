package platform.deepseek.auth.service;

import jakarta.inject.Singleton;
import java.util.Map;
import platform.deepseek.auth.audit.Actor;
import platform.deepseek.auth.audit.Audit;
import platform.deepseek.auth.audit.AuditEvent;
import platform.deepseek.auth.audit.Outcome;
import platform.deepseek.auth.traffic.SourceAlert;
import platform.deepseek.auth.traffic.SourceAlerts;

/** Sources that send too much are in the audit. */
@Singleton
final class AlertAudit implements SourceAlerts {

  private final Audit audit;

  AlertAudit(Audit audit) {
    this.audit = audit;
  }

  @Override
  public void raised(SourceAlert alert) {
    audit.record(
        new AuditEvent(
            Actor.SERVICE,
            alert.source(),
            "source.alert",
            "",
            Outcome.SUCCEEDED,
            "",
            Map.of(
                "requests",
                Long.toString(alert.requests()),
                "limit",
                Long.toString(alert.limit()))));
  }
}
