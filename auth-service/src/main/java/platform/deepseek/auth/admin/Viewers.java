package platform.deepseek.auth.admin;

import jakarta.inject.Singleton;
import jakarta.ws.rs.container.ContainerRequestContext;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import platform.deepseek.auth.admin.AuditViews.EventView;
import platform.deepseek.auth.admin.AuditViews.Viewer;
import platform.deepseek.auth.audit.AuditPage;
import platform.deepseek.auth.identity.Identity;
import platform.deepseek.auth.tenant.User;
import platform.deepseek.auth.tenant.Users;
import platform.deepseek.auth.watermark.Watermark;

/** Who looks at the audit, and what is shown to them. */
@Singleton
final class Viewers {

  private final Users users;
  private final Watermark watermark;
  private final InstantSource clock;

  Viewers(Users users, Watermark watermark, InstantSource clock) {
    this.users = users;
    this.watermark = watermark;
    this.clock = clock;
  }

  Viewer of(ContainerRequestContext context) {
    Identity identity = Caller.of(context).identity();
    String key = "key " + identity.credential();
    String name =
        identity
            .user()
            .flatMap(users::find)
            .map(User::name)
            .map(user -> user + ", " + key)
            .orElse(key);
    return new Viewer(
        name,
        identity.role().label(),
        clock.instant().truncatedTo(ChronoUnit.SECONDS),
        AdminAudit.mark(context));
  }

  List<EventView> events(AuditPage page, Viewer viewer) {
    List<EventView> events = new ArrayList<>();
    for (AuditPage.Found found : page.events()) {
      events.add(EventView.of(found, events.size(), viewer, watermark));
    }
    return events;
  }
}
