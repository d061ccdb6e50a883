package platform.deepseek.auth.admin;

import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import org.jboss.resteasy.reactive.ResponseStatus;
import platform.deepseek.auth.access.Action;
import platform.deepseek.auth.admin.Views.Listing;
import platform.deepseek.auth.admin.Views.TenantView;
import platform.deepseek.auth.error.BadRequest;
import platform.deepseek.auth.tenant.Tenants;

/** Tenants. Deleting one disables it: what it used stays on record. */
@Path("/v1/admin/tenants")
@RunOnVirtualThread
public class TenantResource {

  /**
   * @param priority of its requests, 0 first; default 5
   */
  record NewTenant(String name, Long priority) {}

  private static final long USUAL_PRIORITY = 5;

  private final Tenants tenants;

  TenantResource(Tenants tenants) {
    this.tenants = tenants;
  }

  @POST
  @Needs(Action.WRITE_TENANTS)
  @ResponseStatus(201)
  public TenantView create(NewTenant body) {
    NewTenant asked = Fields.required("body", body);
    long priority =
        asked.priority() == null
            ? USUAL_PRIORITY
            : Fields.number("priority", asked.priority(), Tenants.LOWEST_PRIORITY);
    return TenantView.of(tenants.create(Fields.name("name", asked.name()), (int) priority));
  }

  @GET
  @Needs(Action.READ_TENANTS)
  public Listing<TenantView> list() {
    return new Listing<>(tenants.all().stream().map(TenantView::of).toList());
  }

  @GET
  @Path("/{id}")
  @Needs(Action.READ_TENANTS)
  public TenantView get(String id) {
    return tenants
        .find(id)
        .map(TenantView::of)
        .orElseThrow(() -> BadRequest.notFound("tenant '%s'".formatted(id)));
  }

  @DELETE
  @Path("/{id}")
  @Needs(Action.WRITE_TENANTS)
  public void disable(String id) {
    if (!tenants.disable(id)) {
      throw BadRequest.notFound("tenant '%s'".formatted(id));
    }
  }
}
