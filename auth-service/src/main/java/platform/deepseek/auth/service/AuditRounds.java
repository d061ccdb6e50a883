package platform.deepseek.auth.service;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import platform.deepseek.auth.audit.AuditEvent;
import platform.deepseek.auth.audit.AuditLog;
import platform.deepseek.auth.audit.Checkpoints;
import platform.deepseek.auth.crypto.KeyRings;
import platform.deepseek.auth.prompt.HeldPrompts;

/** Signs the audit every minute, and its end when the process ends. */
@Singleton
final class AuditRounds {

  private static final Logger LOG = Logger.getLogger(AuditRounds.class);
  private static final int BEFORE_THE_DATABASE_CLOSES = 1_000;

  private final AuditConfig config;
  private final AuditLog log;
  private final Checkpoints checkpoints;
  private final HeldPrompts prompts;
  private final InstantSource clock;
  private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();
  private boolean failing;

  AuditRounds(
      AuditConfig config,
      AuditLog log,
      Checkpoints checkpoints,
      KeyRings rings,
      HeldPrompts prompts,
      MeterRegistry registry,
      InstantSource clock) {
    this.config = config;
    this.log = log;
    this.checkpoints = checkpoints;
    this.prompts = prompts;
    this.clock = clock;
    FunctionCounter.builder("deepseek_auth_audit_lost", log, AuditLog::lost)
        .description("Events that could not be written to the audit")
        .register(registry);
    rings.listen(
        (ring, id) ->
            log.record(
                AuditEvent.ofService("data-key.create", ring, Map.of("key", id.toString()))));
  }

  void start(@Observes StartupEvent event) {
    var unusedSigning =
        thread.scheduleWithFixedDelay(() -> round(checkpoints::tick), 1, 1, TimeUnit.SECONDS);
    var unusedPrompts =
        thread.scheduleWithFixedDelay(() -> round(this::forgetPrompts), 1, 60, TimeUnit.MINUTES);
    config
        .retention()
        .ifPresent(
            retention -> {
              var unusedForgetting =
                  thread.scheduleWithFixedDelay(
                      () -> round(() -> checkpoints.forget(clock.instant().minus(retention))),
                      1,
                      60,
                      TimeUnit.MINUTES);
            });
  }

  private void forgetPrompts() {
    int forgotten = prompts.forget(clock.instant().minus(config.promptRetention()));
    if (forgotten > 0) {
      log.record(
          AuditEvent.ofService(
              "prompt.forget", "prompts", Map.of("prompts", Integer.toString(forgotten))));
    }
  }

  void stop(@Observes @Priority(BEFORE_THE_DATABASE_CLOSES) ShutdownEvent event) {
    QuietEnd.of(thread);
    log.close();
    round(checkpoints::signNow); // the others that end now are not kept from it by a failure
  }

  private void round(Runnable work) {
    try {
      work.run();
      failing = false;
    } catch (RuntimeException e) {
      if (!failing) {
        LOG.warnf(e, "the audit cannot be signed and is tried on");
      }
      failing = true;
    }
  }
}
