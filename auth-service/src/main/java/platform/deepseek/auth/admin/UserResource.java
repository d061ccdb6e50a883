package platform.deepseek.auth.admin;

import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import org.jboss.resteasy.reactive.ResponseStatus;
import platform.deepseek.auth.access.Action;
import platform.deepseek.auth.admin.Views.Listing;
import platform.deepseek.auth.admin.Views.UserView;
import platform.deepseek.auth.error.BadRequest;
import platform.deepseek.auth.tenant.Users;

/** Users of tenants. Deleting one disables their keys: what they used stays on record. */
@Path("/v1/admin/users")
@RunOnVirtualThread
public class UserResource {

  record NewUser(String tenant, String name, String role) {}

  private final Users users;

  UserResource(Users users) {
    this.users = users;
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
  public Listing<UserView> list() {
    return new Listing<>(users.all().stream().map(UserView::of).toList());
  }

  @GET
  @Path("/{id}")
  @Needs(Action.READ_USERS)
  public UserView get(String id) {
    return users
        .find(id)
        .map(UserView::of)
        .orElseThrow(() -> BadRequest.notFound("user '%s'".formatted(id)));
  }

  @DELETE
  @Path("/{id}")
  @Needs(Action.WRITE_USERS)
  public void disable(String id) {
    if (!users.disable(id)) {
      throw BadRequest.notFound("user '%s'".formatted(id));
    }
  }
}
