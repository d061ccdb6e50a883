package platform.deepseek.auth.admin;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import java.time.Instant;
import java.util.Optional;
import platform.deepseek.auth.access.Action;
import platform.deepseek.auth.admin.Views.Listing;
import platform.deepseek.auth.error.BadRequest;
import platform.deepseek.auth.prompt.HeldPrompt;
import platform.deepseek.auth.prompt.HeldPrompts;

/**
 * What the audits of tenants keep of requests, for those that asked for it ({@code promptBytes} of
 * the tenant). That somebody looked at one is an event.
 */
@Path("/v1/admin/prompts")
@RunOnVirtualThread
public class PromptResource {

  /**
   * @param id of the reservation; correlation of the event {@code prompt.keep}
   * @param length of the whole request, in bytes
   * @param digest of the sealed text, which that event has too
   * @param text its beginning, only of one
   * @param seenBy who asked for it
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record PromptView(
      String id,
      String tenant,
      String user,
      String key,
      String model,
      long length,
      Instant createdAt,
      String digest,
      String text,
      String seenBy) {

    static PromptView of(HeldPrompt prompt, String text, String seenBy) {
      return new PromptView(
          prompt.id(),
          prompt.tenant(),
          prompt.user().isEmpty() ? null : prompt.user(),
          prompt.key(),
          prompt.model(),
          prompt.length(),
          prompt.createdAt(),
          HeldPrompts.digest(prompt.sealed()),
          text,
          seenBy);
    }
  }

  private final HeldPrompts prompts;
  private final Viewers viewers;

  PromptResource(HeldPrompts prompts, Viewers viewers) {
    this.prompts = prompts;
    this.viewers = viewers;
  }

  @GET
  @Needs(Action.READ_PROMPTS)
  public Listing<PromptView> list(
      @QueryParam("tenant") String tenant,
      @QueryParam("limit") Long limit,
      @QueryParam("after") String after) {
    return Paging.listing(
        limit,
        prompts.page(Optional.ofNullable(tenant), Paging.page(limit, after)),
        prompt -> PromptView.of(prompt, null, null),
        HeldPrompt::id);
  }

  @GET
  @Path("/{id}")
  @Needs(Action.READ_PROMPTS)
  public PromptView get(String id, @Context ContainerRequestContext context) {
    HeldPrompt prompt =
        prompts.find(id).orElseThrow(() -> BadRequest.notFound("prompt '%s'".formatted(id)));
    return PromptView.of(prompt, prompts.open(prompt), viewers.of(context).visible());
  }

  /** Forgets all of a tenant, and the keys that copies could be opened with. */
  @DELETE
  @Needs(Action.WRITE_TENANTS)
  public void forget(@QueryParam("tenant") String tenant) {
    prompts.forget(Fields.required("tenant", tenant));
  }
}
