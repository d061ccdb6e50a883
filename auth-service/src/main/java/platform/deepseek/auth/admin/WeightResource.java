package platform.deepseek.auth.admin;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import java.util.OptionalInt;
import platform.deepseek.auth.access.Action;
import platform.deepseek.auth.admin.Views.Listing;
import platform.deepseek.auth.admin.Views.Tagged;
import platform.deepseek.auth.error.BadRequest;
import platform.deepseek.auth.limit.Level;
import platform.deepseek.auth.limit.WeightTable;
import platform.deepseek.auth.limit.WeightTable.Weight;

/**
 * What part of the engine somebody gets while others of the same priority wait: {@code tenant/ID}
 * among tenants, {@code user/ID} and {@code key/ID} within their tenant.
 */
@Path("/v1/admin/weights")
@RunOnVirtualThread
public class WeightResource {

  /**
   * @param weight from 1 to 100
   */
  record NewWeight(Long weight) {}

  /**
   * @param weight absent while it is the usual one: 10, of guests 1
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record WeightView(String level, String subject, Integer weight, String tag) implements Tagged {
    static WeightView of(Level level, String subject, OptionalInt weight) {
      Integer set = weight.isPresent() ? weight.getAsInt() : null;
      return new WeightView(level.label(), subject, set, Tag.of(set));
    }
  }

  private final WeightTable weights;
  private final Subjects subjects;

  WeightResource(WeightTable weights, Subjects subjects) {
    this.weights = weights;
    this.subjects = subjects;
  }

  @GET
  @Needs(Action.READ_LIMITS)
  public Listing<WeightView> list() {
    return new Listing<>(weights.all().stream().map(WeightResource::view).toList());
  }

  private static WeightView view(Weight weight) {
    return WeightView.of(weight.level(), weight.subject(), OptionalInt.of(weight.weight()));
  }

  @GET
  @Path("/{level}/{subject}")
  @Needs(Action.READ_LIMITS)
  public WeightView get(String level, String subject) {
    Level found = level(level);
    String stored = subjects.stored(found, subject);
    return WeightView.of(found, stored, weights.get(found, stored));
  }

  @PUT
  @Path("/{level}/{subject}")
  @Needs(Action.WRITE_LIMITS)
  public WeightView set(
      String level, String subject, NewWeight body, @HeaderParam("if-match") String ifMatch) {
    long weight = Fields.number("weight", Fields.required("body", body).weight(), WeightTable.MOST);
    if (weight < WeightTable.LEAST) {
      throw BadRequest.invalid(
          "weight",
          "%d is not from %d to %d.".formatted(weight, WeightTable.LEAST, WeightTable.MOST));
    }
    return replace(level, subject, OptionalInt.of((int) weight), ifMatch);
  }

  @DELETE
  @Path("/{level}/{subject}")
  @Needs(Action.WRITE_LIMITS)
  public void remove(String level, String subject, @HeaderParam("if-match") String ifMatch) {
    replace(level, subject, OptionalInt.empty(), ifMatch);
  }

  private WeightView replace(String label, String subject, OptionalInt fresh, String ifMatch) {
    Level level = level(label);
    String stored = subjects.stored(level, subject);
    weights.update(
        level,
        stored,
        old -> {
          Tag.require(ifMatch, WeightView.of(level, stored, old).tag());
          return fresh;
        });
    return WeightView.of(level, stored, fresh);
  }

  private static Level level(String label) {
    Level level = Subjects.level(label);
    if (level == Level.PLATFORM) {
      throw BadRequest.notFound("weight of the platform");
    }
    return level;
  }
}
