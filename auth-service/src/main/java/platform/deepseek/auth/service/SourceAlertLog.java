package platform.deepseek.auth.service;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import org.jboss.logging.Logger;
import platform.deepseek.auth.traffic.SourceAlert;
import platform.deepseek.auth.traffic.SourceAlerts;

/**
 * Tells of sources that send too much: a line of fields in the log, and a count without the address
 * in it, which would be a series for each.
 */
@Singleton
final class SourceAlertLog implements SourceAlerts {

  private static final Logger LOG = Logger.getLogger("deepseek.auth.alert");

  private final Counter count;

  SourceAlertLog(MeterRegistry registry) {
    this.count =
        Counter.builder("deepseek.auth.source.alerts")
            .description("Times that a source address went beyond source-alert-requests-per-minute")
            .register(registry);
  }

  @Override
  public void raised(SourceAlert alert) {
    count.increment();
    LOG.warnf(
        "event=source_rate_exceeded source=%s requests=%d limit=%d window=60s",
        alert.source(), alert.requests(), alert.limit());
  }
}
