package platform.deepseek.auth.audit;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;

/** Remembers what it is told. */
public final class Heard implements Audit {

  private final List<AuditEvent> events = new CopyOnWriteArrayList<>();

  public List<AuditEvent> events() {
    return List.copyOf(events);
  }

  @Override
  public void record(AuditEvent event) {
    events.add(event);
  }

  @Override
  public void recordRepeatable(AuditEvent event) {
    events.add(event);
  }

  @Override
  public CompletableFuture<Void> recordFirst(AuditEvent event) {
    events.add(event);
    return CompletableFuture.completedFuture(null);
  }
}
