package platform.deepseek.auth.credential;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import platform.deepseek.auth.credential.StoredKey.State;
import platform.deepseek.auth.network.AddressList;
import platform.deepseek.auth.network.ClientAddress;
import platform.deepseek.auth.store.Conflict;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.store.Engine;
import platform.deepseek.auth.tenant.Tenant;
import platform.deepseek.auth.tenant.Tenants;
import platform.deepseek.auth.tenant.User;
import platform.deepseek.auth.tenant.Users;

class KeysTest {

  private static final Pepper PEPPER = Pepper.of("5e".repeat(32));
  private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");

  private static KeyOrder order(Tenant tenant, Restrictions restrictions) {
    return new KeyOrder(
        tenant.id(), Optional.empty(), "ci", Role.DEVELOPER, restrictions, Optional.empty());
  }

  @ParameterizedTest
  @EnumSource
  void aKeyIsKeptWithoutItsSecret(Engine engine) {
    try (Database database = Database.open(engine.fresh())) {
      Tenant tenant = new Tenants(database, () -> NOW).create("acme", 0);
      User user = new Users(database, () -> NOW).create(tenant.id(), "ann", Role.DEVELOPER);
      Keys keys = new Keys(database, PEPPER, "live", () -> NOW);
      IssuedKey issued =
          keys.issue(
              new KeyOrder(
                  tenant.id(),
                  Optional.of(user.id()),
                  "ci",
                  Role.GUEST,
                  new Restrictions(
                      Optional.of(List.of("deepseek-r1", "owner/other")),
                      Optional.of(AddressList.of(List.of("10.0.0.0/8", "fd00::/8"))),
                      Optional.of(Set.of(Scope.INFERENCE))),
                  Optional.of(NOW.plusSeconds(60))));
      StoredKey stored = keys.find(issued.key().id()).orElseThrow();
      assertThat(stored.digest()).isEqualTo(PEPPER.digest(issued.key()));
      assertThat(new String(stored.digest(), StandardCharsets.ISO_8859_1))
          .doesNotContain(issued.key().reveal().substring(17, 60));
      assertThat(stored.lineage()).isEqualTo(stored.id());
      assertThat(stored.tenant()).isEqualTo(tenant.id());
      assertThat(stored.user()).contains(user.id());
      assertThat(stored.role()).isEqualTo(Role.GUEST);
      assertThat(stored.expiresAt()).contains(NOW.plusSeconds(60));
      assertThat(stored.restrictions().allowModel("owner/other")).isTrue();
      assertThat(stored.restrictions().allowModel("owner")).isFalse();
      assertThat(stored.restrictions().allowScope(Scope.INFERENCE)).isTrue();
      assertThat(stored.restrictions().allowScope(Scope.AUDIT)).isFalse();
      assertThat(stored.restrictions().allowAddress(ClientAddress.parse("10.9.8.7").orElseThrow()))
          .isTrue();
      assertThat(stored.restrictions().allowAddress(ClientAddress.parse("11.9.8.7").orElseThrow()))
          .isFalse();
    }
  }

  @ParameterizedTest
  @EnumSource
  void absentListsRestrictNothingAndEmptyOnesEverything(Engine engine) {
    try (Database database = Database.open(engine.fresh())) {
      Tenant tenant = new Tenants(database, () -> NOW).create("acme", 0);
      Keys keys = new Keys(database, PEPPER, "live", () -> NOW);
      String open = keys.issue(order(tenant, Restrictions.NONE)).key().id();
      String closed =
          keys.issue(
                  order(
                      tenant,
                      new Restrictions(
                          Optional.of(List.of()),
                          Optional.of(AddressList.of(List.of())),
                          Optional.of(Set.of()))))
              .key()
              .id();
      assertThat(keys.find(open).orElseThrow().restrictions().allowModel("any")).isTrue();
      Restrictions nothing = keys.find(closed).orElseThrow().restrictions();
      assertThat(nothing.allowModel("any")).isFalse();
      assertThat(nothing.allowScope(Scope.INFERENCE)).isFalse();
      assertThat(nothing.allowAddress(ClientAddress.parse("::1").orElseThrow())).isFalse();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aRotatedKeyWorksOnThroughTheOverlap(Engine engine) {
    try (Database database = Database.open(engine.fresh())) {
      Tenant tenant = new Tenants(database, () -> NOW).create("acme", 0);
      Keys keys = new Keys(database, PEPPER, "live", () -> NOW);
      String old = keys.issue(order(tenant, Restrictions.NONE)).key().id();
      IssuedKey fresh = keys.rotate(old, Duration.ofHours(1)).orElseThrow();
      StoredKey replaced = keys.find(old).orElseThrow();
      assertThat(replaced.successor()).contains(fresh.key().id());
      assertThat(replaced.stateAt(NOW.plusSeconds(3_599))).isEqualTo(State.ACTIVE);
      assertThat(replaced.stateAt(NOW.plusSeconds(3_600))).isEqualTo(State.REPLACED);
      assertThat(fresh.stored().lineage()).isEqualTo(old);
      assertThat(keys.rotate(old, Duration.ofHours(1))).isEmpty();
      assertThat(keys.rotate(fresh.key().id(), Duration.ZERO).orElseThrow().stored().lineage())
          .isEqualTo(old);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aRevokedOrExpiredKeyIsNoneAndHasNoSuccessor(Engine engine) {
    try (Database database = Database.open(engine.fresh())) {
      Tenant tenant = new Tenants(database, () -> NOW).create("acme", 0);
      Keys keys = new Keys(database, PEPPER, "live", () -> NOW);
      String id = keys.issue(order(tenant, Restrictions.NONE)).key().id();
      assertThat(keys.revoke(id)).isTrue();
      assertThat(keys.revoke("unknown0")).isFalse();
      assertThat(keys.find(id).orElseThrow().stateAt(NOW)).isEqualTo(State.REVOKED);
      assertThat(keys.rotate(id, Duration.ofHours(1))).isEmpty();
      IssuedKey brief =
          keys.issue(
              new KeyOrder(
                  tenant.id(),
                  Optional.empty(),
                  "brief",
                  Role.GUEST,
                  Restrictions.NONE,
                  Optional.of(NOW.plusSeconds(1))));
      assertThat(brief.stored().stateAt(NOW)).isEqualTo(State.ACTIVE);
      assertThat(brief.stored().stateAt(NOW.plusSeconds(1))).isEqualTo(State.EXPIRED);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aKeyOfNobodyIsRefused(Engine engine) {
    try (Database database = Database.open(engine.fresh())) {
      Keys keys = new Keys(database, PEPPER, "live", () -> NOW);
      Tenants tenants = new Tenants(database, () -> NOW);
      Tenant tenant = tenants.create("acme", 0);
      assertThatThrownBy(() -> tenants.create("acme", 0)).isInstanceOf(Conflict.class);
      assertThatThrownBy(
              () ->
                  keys.issue(
                      new KeyOrder(
                          "nobody",
                          Optional.empty(),
                          "x",
                          Role.GUEST,
                          Restrictions.NONE,
                          Optional.empty())))
          .isInstanceOf(Conflict.class);
      assertThat(tenants.disable(tenant.id())).isTrue();
      assertThat(tenants.find(tenant.id()).orElseThrow().disabledAt()).isEqualTo(NOW);
    }
  }
}
