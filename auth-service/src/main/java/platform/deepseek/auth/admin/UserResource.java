package platform.deepseek.auth.admin;

import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.jboss.resteasy.reactive.ResponseStatus;
import platform.deepseek.auth.access.Action;
import platform.deepseek.auth.admin.Views.Listing;
import platform.deepseek.auth.admin.Views.UserView;
import platform.deepseek.auth.credential.Keys;
import platform.deepseek.auth.credential.Role;
import platform.deepseek.auth.error.BadRequest;
import platform.deepseek.auth.factor.Elevations;
import platform.deepseek.auth.factor.Factors;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.store.Session;
import platform.deepseek.auth.tenant.User;
import platform.deepseek.auth.tenant.Users;

/**
 * Users of tenants. Disabling one stops their keys and can be undone. Deleting one revokes their
 * keys and forgets their name and second factor for good: what they used stays on record.
 *
 * <p>Nobody takes administration away from themselves, so that one administrator always is left.
 */
@Path("/v1/admin/users")
@RunOnVirtualThread
public class UserResource {

  record NewUser(String tenant, String name, String role) {}

  /**
   * Absent fields stay as they are.
   *
   * @param role keys of theirs that are more than it are revoked
   * @param disabled whether their keys stop working
   */
  record UserChange(String name, String role, Boolean disabled) {}

  private final Users users;
  private final Database database;
  private final InstantSource clock;

  UserResource(Users users, Database database, InstantSource clock) {
    this.users = users;
    this.database = database;
    this.clock = clock;
  }

  @POST
  @Needs(Action.WRITE_USERS)
  @ResponseStatus(201)
  public UserView create(NewUser body) {
    NewUser asked = Fields.required("body", body);
    return UserView.of(
        users.create(
            Fields.required("tenant", asked.tenant()),
            Fields.name("name", asked.name()),
            Fields.role("role", asked.role())));
  }

  @GET
  @Needs(Action.READ_USERS)
  public Listing<UserView> list(
      @QueryParam("tenant") String tenant,
      @QueryParam("limit") Long limit,
      @QueryParam("after") String after) {
    return Paging.listing(
        limit,
        users.page(Optional.ofNullable(tenant), Paging.page(limit, after)),
        UserView::of,
        User::id);
  }

  @GET
  @Path("/{id}")
  @Needs(Action.READ_USERS)
  public UserView get(String id) {
    return users.find(id).map(UserView::of).orElseThrow(() -> unknown(id));
  }

  @PATCH
  @Path("/{id}")
  @Needs(Action.WRITE_USERS)
  public UserView change(
      String id,
      UserChange body,
      @HeaderParam("if-match") String ifMatch,
      @Context ContainerRequestContext context) {
    UserChange asked = Fields.required("body", body);
    return UserView.of(
        database.change(
            session -> {
              User old = Users.present(session, id).orElseThrow(() -> unknown(id));
              Tag.require(ifMatch, UserView.tag(old));
              User fresh = changed(old, asked);
              if (fresh.role() != Role.ADMIN || fresh.disabledAt() != null) {
                refuseOneself(id, context);
              }
              Users.write(session, fresh);
              if (fresh.role() != old.role()) {
                lower(session, fresh);
              }
              return fresh;
            }));
  }

  private User changed(User old, UserChange asked) {
    return new User(
        old.id(),
        old.tenant(),
        asked.name() == null ? old.name() : Fields.name("name", asked.name()),
        asked.role() == null ? old.role() : Fields.role("role", asked.role()),
        old.createdAt(),
        Fields.disabledAt(asked.disabled(), old.disabledAt(), clock.instant()));
  }

  private void lower(Session session, User user) throws SQLException {
    if (user.role() == Role.ADMIN) {
      return;
    }
    Instant now = clock.instant();
    Keys.revokeOthers(session, user.id(), Set.of(user.role()), now);
    Factors.remove(session, user.id());
    Elevations.revokeOfUser(session, user.id(), now);
  }

  @DELETE
  @Path("/{id}")
  @Needs(Action.WRITE_USERS)
  public void delete(
      String id,
      @HeaderParam("if-match") String ifMatch,
      @Context ContainerRequestContext context) {
    refuseOneself(id, context);
    database.change(
        session -> {
          User old = Users.present(session, id).orElseThrow(() -> unknown(id));
          Tag.require(ifMatch, UserView.tag(old));
          Instant now = clock.instant();
          Users.delete(session, id, now);
          Keys.revokeOthers(session, id, EnumSet.noneOf(Role.class), now);
          Factors.remove(session, id);
          Elevations.revokeOfUser(session, id, now);
          return null;
        });
  }

  private static void refuseOneself(String id, ContainerRequestContext context) {
    if (Caller.of(context).identity().user().filter(id::equals).isPresent()) {
      throw BadRequest.conflict(
          "Administrators do not disable, lower or delete themselves; have another one do it.");
    }
  }

  private static BadRequest unknown(String id) {
    return BadRequest.notFound("user '%s'".formatted(id));
  }
}
