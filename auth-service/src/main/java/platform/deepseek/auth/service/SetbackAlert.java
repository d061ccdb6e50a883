package platform.deepseek.auth.service;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.Map;
import org.jboss.logging.Logger;
import platform.deepseek.auth.audit.Actor;
import platform.deepseek.auth.audit.Audit;
import platform.deepseek.auth.audit.AuditEvent;
import platform.deepseek.auth.audit.Outcome;
import platform.deepseek.auth.identity.Rewind;
import platform.deepseek.auth.identity.Setbacks;

/** Tells of a database that lost what it had confirmed: in the log, in the audit and as counts. */
@Singleton
final class SetbackAlert implements Setbacks {

  private static final Logger LOG = Logger.getLogger("deepseek.auth.alert");

  private final Audit audit;
  private final Counter rewinds;
  private final Counter unrevoked;

  SetbackAlert(Audit audit, MeterRegistry registry) {
    this.audit = audit;
    this.rewinds =
        Counter.builder("deepseek.auth.database.rewinds")
            .description("Times that the database had lost changes which it had confirmed")
            .register(registry);
    this.unrevoked =
        Counter.builder("deepseek.auth.keys.unrevoked")
            .description("Looks that found a key not revoked which had been; it stays refused here")
            .register(registry);
  }

  @Override
  public void rewound(Rewind rewind) {
    rewinds.increment();
    long known = rewind.known().number();
    long found = rewind.found().number();
    LOG.errorf(
        "event=database_rewound known=%d found=%d: the database lost changes that it had confirmed;"
            + " revoke and disable again what was in the minutes before",
        known, found);
    audit.record(
        AuditEvent.ofService(
            "database.rewind",
            "",
            Map.of("known", Long.toString(known), "found", Long.toString(found))));
  }

  @Override
  public void unrevoked(String id, Instant revokedAt) {
    unrevoked.increment();
    LOG.errorf(
        "event=key_unrevoked key=%s revoked=%s: the database lost that it was revoked; revoke it"
            + " again, because a replica that does not remember it lets it in",
        id, revokedAt);
    audit.recordRepeatable(
        new AuditEvent(
            Actor.SERVICE,
            "",
            "key.unrevoked",
            "key/" + id,
            Outcome.DENIED,
            "",
            Map.of("revoked", revokedAt.toString())));
  }
}
