package platform.deepseek.auth.admin;

import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import java.time.Instant;
import java.time.InstantSource;
import org.jboss.resteasy.reactive.ResponseStatus;
import platform.deepseek.auth.access.Action;
import platform.deepseek.auth.admin.Views.Listing;
import platform.deepseek.auth.error.BadRequest;
import platform.deepseek.auth.factor.Elevation;
import platform.deepseek.auth.factor.Elevations;
import platform.deepseek.auth.factor.Factors;
import platform.deepseek.auth.factor.Proof;
import platform.deepseek.auth.metrics.FactorMetrics;

/**
 * Elevations: after a code of their app an administrator's key is enough for a while, from the
 * address where the code was shown.
 */
@Path("/v1/admin/elevations")
@RunOnVirtualThread
public class ElevationResource {

  /**
   * @param code of the app, or a recovery code
   */
  record NewElevation(String code) {}

  record ElevationView(
      String id,
      String user,
      String key,
      String address,
      String method,
      Instant createdAt,
      Instant expiresAt) {
    static ElevationView of(Elevation elevation) {
      return new ElevationView(
          elevation.id(),
          elevation.user(),
          elevation.key(),
          elevation.client().toString(),
          elevation.method(),
          elevation.createdAt(),
          elevation.expiresAt());
    }
  }

  private final Elevations elevations;
  private final Factors factors;
  private final FactorMetrics metrics;
  private final InstantSource clock;

  ElevationResource(
      Elevations elevations, Factors factors, FactorMetrics metrics, InstantSource clock) {
    this.elevations = elevations;
    this.factors = factors;
    this.metrics = metrics;
    this.clock = clock;
  }

  @POST
  @Needs(Action.ELEVATE)
  @ResponseStatus(201)
  public ElevationView create(NewElevation body, @Context ContainerRequestContext context) {
    String code = Fields.code("code", Fields.required("body", body).code());
    KeyHolder holder = KeyHolder.of(Caller.of(context));
    Proof proof = factors.prove(holder.user(), code);
    metrics.shown(proof);
    Proof.Method method = ProofRefused.require(proof, clock.instant());
    return ElevationView.of(
        elevations.create(holder.user(), holder.key(), holder.client(), method));
  }

  @GET
  @Needs(Action.READ_USERS)
  public Listing<ElevationView> list() {
    return new Listing<>(elevations.current().stream().map(ElevationView::of).toList());
  }

  /** Ends all elevations of the caller's key. */
  @DELETE
  @Path("/current")
  @Needs(Action.ELEVATE)
  public void end(@Context ContainerRequestContext context) {
    elevations.revokeOfKey(KeyHolder.of(Caller.of(context)).key());
  }

  @DELETE
  @Path("/{id}")
  @Needs(Action.WRITE_USERS)
  public void revoke(String id) {
    if (!elevations.revoke(id)) {
      throw BadRequest.notFound("elevation '%s'".formatted(id));
    }
  }
}
