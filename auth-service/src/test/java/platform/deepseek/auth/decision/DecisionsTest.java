package platform.deepseek.auth.decision;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import platform.deepseek.auth.credential.IssuedKey;
import platform.deepseek.auth.credential.Restrictions;
import platform.deepseek.auth.credential.Role;
import platform.deepseek.auth.credential.Scope;
import platform.deepseek.auth.limit.Limits;
import platform.deepseek.auth.limit.Measure;
import platform.deepseek.auth.network.AddressList;

class DecisionsTest {

  private static final Duration LONG = Duration.ofHours(1);

  private static Restrictions to(Scope... scopes) {
    return new Restrictions(Optional.empty(), Optional.empty(), Optional.of(Set.of(scopes)));
  }

  @Test
  void eachReasonHasItsCode() {
    try (World world = new World(Optional.empty(), LONG)) {
      String auditor = world.key(Role.AUDITOR, Restrictions.NONE, Limits.NONE).key().reveal();
      String scoped = world.key(Role.DEVELOPER, to(Scope.USAGE), Limits.NONE).key().reveal();
      String elsewhere =
          world
              .key(
                  Role.DEVELOPER,
                  new Restrictions(
                      Optional.empty(),
                      Optional.of(AddressList.of(List.of("10.0.0.0/8"))),
                      Optional.empty()),
                  Limits.NONE)
              .key()
              .reveal();
      assertThat(world.refused(World.question("", 1, 1))).isEqualTo(Refusal.MISSING_CREDENTIAL);
      assertThat(world.refused(World.question("sk-x", 1, 1))).isEqualTo(Refusal.INVALID_API_KEY);
      assertThat(world.refused(World.question("a.b.c", 1, 1))).isEqualTo(Refusal.INVALID_API_KEY);
      assertThat(world.refused(World.question(auditor, 1, 1))).isEqualTo(Refusal.PERMISSION_DENIED);
      assertThat(world.refused(World.question(scoped, 1, 1))).isEqualTo(Refusal.SCOPE_NOT_ALLOWED);
      assertThat(world.refused(World.question(elsewhere, 1, 1)))
          .isEqualTo(Refusal.ADDRESS_NOT_ALLOWED);
    }
  }

  @Test
  void withoutItsDatabaseNobodyIsLetInAndAllRecoversByItself() {
    try (World world = new World(Optional.empty(), Duration.ZERO)) {
      String key = world.key(Role.DEVELOPER, Restrictions.NONE, Limits.NONE).key().reveal();
      world.database.write(session -> session.run("ALTER TABLE api_key RENAME TO away"));
      Decision.Deny denial =
          (Decision.Deny) world.decisions.decide(World.question(key, 1, 1)).join();
      assertThat(denial.refusal()).isEqualTo(Refusal.AUTHORIZATION_UNAVAILABLE);
      assertThat(denial.refusal().status()).isEqualTo(503);
      assertThat(denial.message()).contains("Try again in a few seconds");
      world.database.write(session -> session.run("ALTER TABLE away RENAME TO api_key"));
    }
  }

  @Test
  void ofARefusedRequestNothingStaysReserved() {
    try (World world = new World(Optional.empty(), LONG)) {
      IssuedKey key =
          world.key(
              Role.DEVELOPER,
              new Restrictions(Optional.of(List.of("m")), Optional.empty(), Optional.empty()),
              Limits.of(Measure.CONCURRENT_REQUESTS, 1));
      Question other =
          new Question(
              key.key().reveal(),
              World.question("", 1, 1).client(),
              "POST",
              "/v1/chat/completions",
              Optional.of("other"),
              1,
              1,
              true);
      for (int i = 0; i < 3; i++) {
        assertThat(world.refused(other)).isEqualTo(Refusal.MODEL_NOT_ALLOWED);
      }
      world.allowed(World.question(key.key().reveal(), 1, 1));
      assertThat(world.refused(World.question(key.key().reveal(), 1, 1)))
          .isEqualTo(Refusal.CONCURRENCY_LIMIT_EXCEEDED);
    }
  }
}
