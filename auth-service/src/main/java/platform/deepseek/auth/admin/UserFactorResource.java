package platform.deepseek.auth.admin;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import java.time.Instant;
import java.time.InstantSource;
import org.jboss.resteasy.reactive.ResponseStatus;
import platform.deepseek.auth.access.Action;
import platform.deepseek.auth.credential.Role;
import platform.deepseek.auth.error.BadRequest;
import platform.deepseek.auth.factor.Elevations;
import platform.deepseek.auth.factor.Enrolment;
import platform.deepseek.auth.factor.FactorStatus;
import platform.deepseek.auth.factor.Factors;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.tenant.User;
import platform.deepseek.auth.tenant.Users;

/**
 * Second factors of users. They are made by an administrator who has proven theirs: who stole a key
 * alone cannot enrol an app of their own with it.
 */
@Path("/v1/admin/users/{id}/second-factor")
@RunOnVirtualThread
public class UserFactorResource {

  /**
   * @param secret in base 32, shown this once
   * @param uri to be scanned as a QR code, shown this once
   */
  record EnrolmentView(String user, String secret, String uri) {}

  @JsonInclude(JsonInclude.Include.NON_NULL)
  record FactorView(
      boolean confirmed,
      Instant confirmedAt,
      boolean pending,
      int recoveryCodesLeft,
      int failures,
      Instant lockedUntil) {
    static FactorView of(FactorStatus status) {
      return new FactorView(
          status.confirmedAt().isPresent(),
          status.confirmedAt().orElse(null),
          status.pending(),
          status.recoveryCodes(),
          status.failures(),
          status.lockedUntil().orElse(null));
    }
  }

  private final Users users;
  private final Factors factors;
  private final Database database;
  private final InstantSource clock;

  UserFactorResource(Users users, Factors factors, Database database, InstantSource clock) {
    this.users = users;
    this.factors = factors;
    this.database = database;
    this.clock = clock;
  }

  /** A new secret; what the user had before works until its first code came. */
  @POST
  @Needs(Action.WRITE_USERS)
  @ResponseStatus(201)
  public EnrolmentView enrol(String id) {
    User user = user(id);
    if (user.role() != Role.ADMIN) {
      throw BadRequest.conflict(
          "User '%s' is %s; only administrators have a second factor here."
              .formatted(id, user.role().label()));
    }
    Enrolment enrolment = factors.enrol(user.id(), user.name());
    return new EnrolmentView(enrolment.user(), enrolment.secret(), enrolment.uri());
  }

  @GET
  @Needs(Action.READ_USERS)
  public FactorView get(String id) {
    return FactorView.of(factors.status(user(id).id()));
  }

  /** Forgets secret, recovery codes and elevations: the user has to be enrolled anew. */
  @DELETE
  @Needs(Action.WRITE_USERS)
  public void reset(String id) {
    String user = user(id).id();
    database.change(
        session -> {
          Factors.remove(session, user);
          Elevations.revokeOfUser(session, user, clock.instant());
          return null;
        });
  }

  private User user(String id) {
    return users.find(id).orElseThrow(() -> BadRequest.notFound("user '%s'".formatted(id)));
  }
}
