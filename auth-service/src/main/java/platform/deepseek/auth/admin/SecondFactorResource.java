package platform.deepseek.auth.admin;

import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import java.time.InstantSource;
import java.util.List;
import org.jboss.resteasy.reactive.ResponseStatus;
import platform.deepseek.auth.access.Action;
import platform.deepseek.auth.admin.ElevationResource.ElevationView;
import platform.deepseek.auth.admin.UserFactorResource.FactorView;
import platform.deepseek.auth.error.BadRequest;
import platform.deepseek.auth.factor.Confirmation;
import platform.deepseek.auth.factor.Elevations;
import platform.deepseek.auth.factor.Factors;
import platform.deepseek.auth.factor.Proof;
import platform.deepseek.auth.metrics.FactorMetrics;

/** The caller's own second factor. */
@Path("/v1/admin/second-factor")
@RunOnVirtualThread
public class SecondFactorResource {

  /**
   * @param code the first of the app
   */
  record FirstCode(String code) {}

  /**
   * @param recoveryCodes each good once, shown this once
   * @param elevation of the key, since a code was shown
   */
  record ConfirmationView(List<String> recoveryCodes, ElevationView elevation) {}

  /**
   * @param recoveryCodes each good once, shown this once; the old ones are no more
   */
  record RecoveryCodesView(List<String> recoveryCodes) {}

  private final Factors factors;
  private final Elevations elevations;
  private final FactorMetrics metrics;
  private final InstantSource clock;

  SecondFactorResource(
      Factors factors, Elevations elevations, FactorMetrics metrics, InstantSource clock) {
    this.factors = factors;
    this.elevations = elevations;
    this.metrics = metrics;
    this.clock = clock;
  }

  @GET
  @Needs(Action.ELEVATE)
  public FactorView get(@Context ContainerRequestContext context) {
    return FactorView.of(factors.status(KeyHolder.of(Caller.of(context)).user()));
  }

  /** The secret is in the app: its first code proves it, and elevates the key. */
  @POST
  @Path("/confirmation")
  @Needs(Action.ELEVATE)
  @ResponseStatus(201)
  public ConfirmationView confirm(FirstCode body, @Context ContainerRequestContext context) {
    String code = Fields.code("code", Fields.required("body", body).code());
    KeyHolder holder = KeyHolder.of(Caller.of(context));
    Confirmation confirmation = factors.confirm(holder.user(), code);
    metrics.shown(confirmation.proof());
    Proof.Method method = ProofRefused.require(confirmation.proof(), clock.instant());
    return new ConfirmationView(
        confirmation.recoveryCodes(),
        ElevationView.of(elevations.create(holder.user(), holder.key(), holder.client(), method)));
  }

  @POST
  @Path("/recovery-codes")
  @Needs(Action.WRITE_USERS)
  @ResponseStatus(201)
  public RecoveryCodesView renewRecoveryCodes(@Context ContainerRequestContext context) {
    return new RecoveryCodesView(
        factors
            .renewRecoveryCodes(KeyHolder.of(Caller.of(context)).user())
            .orElseThrow(() -> BadRequest.conflict("The second factor is not confirmed yet.")));
  }
}
