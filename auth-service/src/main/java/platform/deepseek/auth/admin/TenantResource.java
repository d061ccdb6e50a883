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
import java.time.InstantSource;
import java.util.Map;
import org.jboss.resteasy.reactive.ResponseStatus;
import platform.deepseek.auth.access.Action;
import platform.deepseek.auth.admin.Views.Listing;
import platform.deepseek.auth.admin.Views.TenantView;
import platform.deepseek.auth.audit.Audit;
import platform.deepseek.auth.audit.AuditEvent;
import platform.deepseek.auth.audit.Outcome;
import platform.deepseek.auth.error.BadRequest;
import platform.deepseek.auth.prompt.HeldPrompts;
import platform.deepseek.auth.tenant.Tenant;
import platform.deepseek.auth.tenant.Tenants;

/** Tenants. Deleting one disables it, which can be undone: what it used stays on record. */
@Path("/v1/admin/tenants")
@RunOnVirtualThread
public class TenantResource {

  /**
   * @param priority of its requests, 0 first; default 5
   */
  record NewTenant(String name, Long priority) {}

  /**
   * Absent fields stay as they are.
   *
   * @param promptBytes of each request that its audit keeps at most, 0 for none
   * @param disabled whether its keys stop working
   */
  record TenantChange(String name, Long priority, Long promptBytes, Boolean disabled) {}

  private static final long USUAL_PRIORITY = 5;

  private final Tenants tenants;
  private final Audit audit;
  private final InstantSource clock;

  TenantResource(Tenants tenants, Audit audit, InstantSource clock) {
    this.tenants = tenants;
    this.audit = audit;
    this.clock = clock;
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
  public Listing<TenantView> list(
      @QueryParam("limit") Long limit, @QueryParam("after") String after) {
    return Paging.listing(
        limit, tenants.page(Paging.page(limit, after)), TenantView::of, Tenant::id);
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

  @PATCH
  @Path("/{id}")
  @Needs(Action.WRITE_TENANTS)
  public TenantView change(
      String id,
      TenantChange body,
      @HeaderParam("if-match") String ifMatch,
      @Context ContainerRequestContext context) {
    TenantChange asked = Fields.required("body", body);
    TenantView changed = update(id, asked, ifMatch);
    if (asked.promptBytes() != null) {
      audit.record(keeping(changed, context));
    }
    return changed;
  }

  /** What a tenant's audit keeps of people's requests is an event that says so. */
  private static AuditEvent keeping(TenantView tenant, ContainerRequestContext context) {
    Caller caller = Caller.of(context);
    return new AuditEvent(
        caller.identity().actor(),
        caller.client().toString(),
        "tenant.keep-prompts",
        "tenants/" + tenant.id(),
        Outcome.SUCCEEDED,
        AdminAudit.mark(context).text(),
        Map.of("promptBytes", Integer.toString(tenant.promptBytes())));
  }

  private TenantView update(String id, TenantChange asked, String ifMatch) {
    return tenants
        .update(
            id,
            old -> {
              Tag.require(ifMatch, TenantView.tag(old));
              return changed(old, asked);
            })
        .map(TenantView::of)
        .orElseThrow(() -> BadRequest.notFound("tenant '%s'".formatted(id)));
  }

  private Tenant changed(Tenant old, TenantChange asked) {
    return new Tenant(
        old.id(),
        asked.name() == null ? old.name() : Fields.name("name", asked.name()),
        old.cacheSalt(),
        asked.priority() == null
            ? old.priority()
            : (int) Fields.number("priority", asked.priority(), Tenants.LOWEST_PRIORITY),
        asked.promptBytes() == null
            ? old.promptBytes()
            : (int) Fields.number("promptBytes", asked.promptBytes(), HeldPrompts.MOST_BYTES),
        old.createdAt(),
        Fields.disabledAt(asked.disabled(), old.disabledAt(), clock.instant()));
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
