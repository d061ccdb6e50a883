package platform.deepseek.auth.service;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import platform.deepseek.auth.audit.Audit;
import platform.deepseek.auth.audit.AuditEvent;
import platform.deepseek.auth.crypto.Resealing;

/** Every hour, at each replica: seals anew what was sealed with a data key of the past. */
@Singleton
final class ResealingRounds {

  private static final Logger LOG = Logger.getLogger(ResealingRounds.class);
  private static final int BEFORE_THE_AUDIT_CLOSES = 500;

  private final Resealing resealing;
  private final Audit audit;
  private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();

  ResealingRounds(Resealing resealing, Audit audit) {
    this.resealing = resealing;
    this.audit = audit;
  }

  void start(@Observes StartupEvent event) {
    var unused = thread.scheduleWithFixedDelay(this::round, 1, 60, TimeUnit.MINUTES);
  }

  void stop(@Observes @Priority(BEFORE_THE_AUDIT_CLOSES) ShutdownEvent event) {
    QuietEnd.of(thread);
  }

  /** Goes on in an hour after a failure. */
  private void round() {
    try {
      resealing.run().stream().filter(Resealing.Done::isSomething).forEach(this::tell);
    } catch (RuntimeException e) {
      LOG.warnf("sealing anew failed and is tried again in an hour: %s", e.getMessage());
    }
  }

  private void tell(Resealing.Done done) {
    if (done.kept() > 0) {
      LOG.warnf(
          "%d values of the ring %s cannot be opened; they stay, and so do its data keys",
          done.kept(), done.ring());
    }
    audit.record(
        AuditEvent.ofService(
            "data-key.reseal",
            done.ring(),
            Map.of(
                "sealed",
                Integer.toString(done.sealed()),
                "kept",
                Integer.toString(done.kept()),
                "deleted",
                Integer.toString(done.deleted()))));
  }
}
