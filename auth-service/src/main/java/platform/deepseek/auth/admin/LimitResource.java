package platform.deepseek.auth.admin;

import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import java.util.Map;
import platform.deepseek.auth.access.Action;
import platform.deepseek.auth.admin.Views.LimitView;
import platform.deepseek.auth.admin.Views.Listing;
import platform.deepseek.auth.limit.Bound;
import platform.deepseek.auth.limit.Level;
import platform.deepseek.auth.limit.LimitTable;
import platform.deepseek.auth.limit.Limits;

/**
 * Rates and budgets by level and subject: {@code platform/all}, {@code tenant/ID}, {@code user/ID},
 * {@code key/ID}. The limits of a key are those of all keys it was rotated from.
 */
@Path("/v1/admin/limits")
@RunOnVirtualThread
public class LimitResource {

  private final LimitTable limits;
  private final Subjects subjects;

  LimitResource(LimitTable limits, Subjects subjects) {
    this.limits = limits;
    this.subjects = subjects;
  }

  @GET
  @Needs(Action.READ_LIMITS)
  public Listing<LimitView> list() {
    return new Listing<>(limits.all().stream().map(LimitView::of).toList());
  }

  @GET
  @Path("/{level}/{subject}")
  @Needs(Action.READ_LIMITS)
  public LimitView get(String level, String subject) {
    Bound named = bound(level, subject, Limits.NONE);
    return LimitView.of(
        new Bound(named.level(), named.subject(), limits.get(named.level(), named.subject())));
  }

  /** Replaces all limits of the subject. */
  @PUT
  @Path("/{level}/{subject}")
  @Needs(Action.WRITE_LIMITS)
  public LimitView set(
      String level,
      String subject,
      Map<String, Long> body,
      @HeaderParam("if-match") String ifMatch) {
    Bound bound = bound(level, subject, Fields.limits("", Fields.required("body", body)));
    replace(bound, ifMatch);
    return LimitView.of(bound);
  }

  @DELETE
  @Path("/{level}/{subject}")
  @Needs(Action.WRITE_LIMITS)
  public void remove(String level, String subject, @HeaderParam("if-match") String ifMatch) {
    replace(bound(level, subject, Limits.NONE), ifMatch);
  }

  private void replace(Bound fresh, String ifMatch) {
    limits.update(
        fresh.level(),
        fresh.subject(),
        old -> {
          Tag.require(ifMatch, LimitView.of(new Bound(fresh.level(), fresh.subject(), old)).tag());
          return fresh.limits();
        });
  }

  private Bound bound(String label, String subject, Limits values) {
    Level level = Subjects.level(label);
    return new Bound(level, subjects.stored(level, subject), values);
  }
}
