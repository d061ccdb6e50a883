package platform.deepseek.auth.admin;

import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jboss.resteasy.reactive.ResponseStatus;
import platform.deepseek.auth.access.Action;
import platform.deepseek.auth.admin.Views.KeyView;
import platform.deepseek.auth.admin.Views.Listing;
import platform.deepseek.auth.credential.IssuedKey;
import platform.deepseek.auth.credential.KeyOrder;
import platform.deepseek.auth.credential.Keys;
import platform.deepseek.auth.credential.Restrictions;
import platform.deepseek.auth.credential.Role;
import platform.deepseek.auth.credential.StoredKey;
import platform.deepseek.auth.error.BadRequest;
import platform.deepseek.auth.limit.Level;
import platform.deepseek.auth.limit.LimitTable;
import platform.deepseek.auth.limit.Limits;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.store.Session;
import platform.deepseek.auth.tenant.Tenants;
import platform.deepseek.auth.tenant.User;
import platform.deepseek.auth.tenant.Users;

/** API keys. The secret is in the answer that makes it, and nowhere ever after. */
@Path("/v1/admin/keys")
@RunOnVirtualThread
public class KeyResource {

  private static final Duration LONGEST_OVERLAP = Duration.ofDays(90);

  /**
   * @param models that it may ask; absent: all
   * @param addresses that it may be used from; absent: all
   * @param scopes that it has; absent: all of its role
   * @param expiresAt such as 2027-01-31T12:00:00Z; absent: never
   */
  record NewKey(
      String tenant,
      String user,
      String name,
      String role,
      Map<String, Long> limits,
      List<String> models,
      List<String> addresses,
      List<String> scopes,
      String expiresAt) {}

  /**
   * @param overlapSeconds that the old key works on
   */
  record Rotation(Long overlapSeconds) {}

  private final Keys keys;
  private final Tenants tenants;
  private final Database database;
  private final LimitTable limits;
  private final InstantSource clock;

  KeyResource(
      Keys keys, Tenants tenants, Database database, LimitTable limits, InstantSource clock) {
    this.keys = keys;
    this.tenants = tenants;
    this.database = database;
    this.limits = limits;
    this.clock = clock;
  }

  @POST
  @Needs(Action.WRITE_KEYS)
  @ResponseStatus(201)
  public KeyView create(NewKey body) {
    NewKey asked = Fields.required("body", body);
    Instant now = clock.instant();
    KeyOrder order =
        new KeyOrder(
            Fields.required("tenant", asked.tenant()),
            Optional.ofNullable(asked.user()),
            Fields.name("name", asked.name()),
            Fields.role("role", asked.role()),
            new Restrictions(
                Fields.models("models", asked.models()),
                Fields.addresses("addresses", asked.addresses()),
                Fields.scopes("scopes", asked.scopes())),
            Fields.future("expiresAt", asked.expiresAt(), now));
    Limits own = Fields.limits("limits", asked.limits());
    if (tenants.find(order.tenant()).isEmpty()) {
      throw BadRequest.invalid("tenant", "there is no tenant '%s'.".formatted(order.tenant()));
    }
    IssuedKey issued =
        database.change(
            session -> {
              if (order.user().isPresent()) {
                requireOwner(session, order.user().get(), order.tenant(), order.role());
              }
              return keys.issue(session, order);
            });
    if (!own.isEmpty()) {
      limits.set(Level.KEY, issued.stored().lineage(), own);
    }
    return KeyView.of(issued.stored(), issued.key().reveal(), now);
  }

  /** In the change that makes the key: nobody lowers the user's role in between. */
  private static void requireOwner(Session session, String id, String tenant, Role role)
      throws SQLException {
    User user =
        Users.present(session, id)
            .filter(found -> found.tenant().equals(tenant))
            .orElseThrow(
                () -> BadRequest.invalid("user", "the tenant has no user '%s'.".formatted(id)));
    if (user.role() != role && user.role() != Role.ADMIN) {
      throw BadRequest.invalid(
          "role",
          "the user is %s, so the key is too, not %s."
              .formatted(user.role().label(), role.label()));
    }
  }

  @GET
  @Needs(Action.READ_KEYS)
  public Listing<KeyView> list(
      @QueryParam("tenant") String tenant,
      @QueryParam("user") String user,
      @QueryParam("limit") Long limit,
      @QueryParam("after") String after) {
    Instant now = clock.instant();
    return Paging.listing(
        limit,
        keys.page(
            Optional.ofNullable(tenant), Optional.ofNullable(user), Paging.page(limit, after)),
        key -> KeyView.of(key, null, now),
        StoredKey::id);
  }

  @GET
  @Path("/{id}")
  @Needs(Action.READ_KEYS)
  public KeyView get(String id) {
    return keys.find(id)
        .map(key -> KeyView.of(key, null, clock.instant()))
        .orElseThrow(() -> unknown(id));
  }

  @DELETE
  @Path("/{id}")
  @Needs(Action.WRITE_KEYS)
  public void revoke(String id) {
    if (!keys.revoke(id)) {
      throw unknown(id);
    }
  }

  @POST
  @Path("/{id}/rotation")
  @Needs(Action.WRITE_KEYS)
  @ResponseStatus(201)
  public KeyView rotate(String id, Rotation body) {
    Rotation asked = Fields.required("body", body);
    Duration overlap =
        Duration.ofSeconds(
            Fields.number("overlapSeconds", asked.overlapSeconds(), LONGEST_OVERLAP.toSeconds()));
    if (keys.find(id).isEmpty()) {
      throw unknown(id);
    }
    IssuedKey issued =
        keys.rotate(id, overlap)
            .orElseThrow(
                () ->
                    BadRequest.conflict(
                        "Key '%s' has a successor already, or works no more; make a new one."
                            .formatted(id)));
    return KeyView.of(issued.stored(), issued.key().reveal(), clock.instant());
  }

  private static BadRequest unknown(String id) {
    return BadRequest.notFound("key '%s'".formatted(id));
  }
}
