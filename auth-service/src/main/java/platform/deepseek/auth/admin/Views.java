package platform.deepseek.auth.admin;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import platform.deepseek.auth.credential.Scope;
import platform.deepseek.auth.credential.StoredKey;
import platform.deepseek.auth.limit.Bound;
import platform.deepseek.auth.limit.Limits;
import platform.deepseek.auth.network.AddressList;
import platform.deepseek.auth.tenant.Tenant;
import platform.deepseek.auth.tenant.User;
import platform.deepseek.auth.usage.Price;

/** What is told of things: no digest, no salt, no secret but a fresh key's, once. */
final class Views {

  private Views() {}

  /**
   * A part of a list.
   *
   * @param next what to send as {@code after} for the rest; absent when this is the end
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Listing<T>(List<T> data, String next) {
    Listing(List<T> data) {
      this(data, null);
    }
  }

  /** Something that two may want to change at once. */
  interface Tagged {
    String tag();
  }

  @JsonInclude(JsonInclude.Include.NON_NULL)
  record TenantView(
      String id,
      String name,
      int priority,
      int promptBytes,
      Instant createdAt,
      Instant disabledAt,
      String tag)
      implements Tagged, AdminAudit.Identified {
    static TenantView of(Tenant tenant) {
      return new TenantView(
          tenant.id(),
          tenant.name(),
          tenant.priority(),
          tenant.promptBytes(),
          tenant.createdAt(),
          tenant.disabledAt(),
          tag(tenant));
    }

    static String tag(Tenant tenant) {
      return Tag.of(
          tenant.id(), tenant.name(), tenant.priority(), tenant.promptBytes(), tenant.disabledAt());
    }
  }

  @JsonInclude(JsonInclude.Include.NON_NULL)
  record UserView(
      String id,
      String tenant,
      String name,
      String role,
      Instant createdAt,
      Instant disabledAt,
      String tag)
      implements Tagged, AdminAudit.Identified {
    static UserView of(User user) {
      return new UserView(
          user.id(),
          user.tenant(),
          user.name(),
          user.role().label(),
          user.createdAt(),
          user.disabledAt(),
          tag(user));
    }

    static String tag(User user) {
      return Tag.of(user.id(), user.name(), user.role(), user.disabledAt());
    }
  }

  /**
   * @param key the secret, only when it was just made
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record KeyView(
      String id,
      String key,
      String lineage,
      String tenant,
      String user,
      String name,
      String role,
      String state,
      List<String> models,
      List<String> addresses,
      List<String> scopes,
      Instant createdAt,
      Instant expiresAt,
      String successor,
      Instant overlapEndsAt,
      Instant revokedAt)
      implements AdminAudit.Identified {
    static KeyView of(StoredKey key, String secret, Instant now) {
      return new KeyView(
          key.id(),
          secret,
          key.lineage(),
          key.tenant(),
          key.user().orElse(null),
          key.name(),
          key.role().label(),
          key.stateAt(now).name().toLowerCase(Locale.ROOT),
          key.restrictions().models().orElse(null),
          key.restrictions().addresses().map(AddressList::texts).orElse(null),
          key.restrictions()
              .scopes()
              .map(scopes -> scopes.stream().map(Scope::label).sorted().toList())
              .orElse(null),
          key.createdAt(),
          key.expiresAt().orElse(null),
          key.successor().orElse(null),
          key.overlapEndsAt().orElse(null),
          key.revokedAt().orElse(null));
    }
  }

  record LimitView(String level, String subject, Map<String, Long> limits, String tag)
      implements Tagged {
    static LimitView of(Bound bound) {
      Map<String, Long> values = values(bound.limits());
      return new LimitView(bound.level().label(), bound.subject(), values, Tag.of(values));
    }
  }

  static Map<String, Long> values(Limits limits) {
    Map<String, Long> values = new TreeMap<>();
    limits.values().forEach((measure, value) -> values.put(measure.label(), value));
    return values;
  }

  record PriceView(String model, long prompt, long cached, long completion, String tag)
      implements Tagged {
    static PriceView of(String model, Price price) {
      return new PriceView(
          model, price.prompt(), price.cached(), price.completion(), Tag.of(price));
    }
  }
}
