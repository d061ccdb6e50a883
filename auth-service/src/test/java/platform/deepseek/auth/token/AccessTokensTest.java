package platform.deepseek.auth.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import platform.deepseek.auth.credential.ApiKey;
import platform.deepseek.auth.credential.IssuedKey;
import platform.deepseek.auth.credential.Restrictions;
import platform.deepseek.auth.credential.Role;
import platform.deepseek.auth.credential.Scope;
import platform.deepseek.auth.credential.StoredKey;
import platform.deepseek.auth.crypto.CryptoProfile;
import platform.deepseek.auth.crypto.Verifier;
import platform.deepseek.auth.identity.Identity;
import platform.deepseek.auth.identity.Verdict;
import platform.deepseek.auth.store.Engine;
import platform.deepseek.auth.store.Revision;
import platform.deepseek.auth.token.grant.GrantSettings;
import platform.deepseek.auth.token.jose.Claims;
import platform.deepseek.auth.token.jose.SignedToken;
import platform.deepseek.auth.token.jose.TokenFault;

/** Tokens made out of API keys. */
class AccessTokensTest {

  private static final Set<Scope> ALL = EnumSet.allOf(Scope.class);

  private static TokenWorld world(CryptoProfile profile) {
    return new TokenWorld(Engine.H2, profile);
  }

  private static String issue(TokenWorld world, ApiKey key, Set<Scope> scopes) {
    return world.own.issue(world.identityOf(key), scopes, TokenWorld.AUDIENCE).join();
  }

  @ParameterizedTest
  @EnumSource
  void aTokenSaysWhatRfc9068AsksFor(CryptoProfile profile) {
    try (TokenWorld world = world(profile)) {
      IssuedKey key = world.key(Role.DEVELOPER, Restrictions.NONE);
      SignedToken token = SignedToken.parse(issue(world, key.key(), Set.of(Scope.INFERENCE)));
      assertThat(token.type()).isEqualTo("at+jwt");
      assertThat(token.algorithm()).isEqualTo(profile.signature().label());
      Claims claims = token.claims();
      assertThat(claims.required("iss")).isEqualTo(TokenWorld.OWN);
      assertThat(claims.required("aud")).isEqualTo(TokenWorld.AUDIENCE);
      assertThat(claims.required("sub")).isEqualTo(key.key().id());
      assertThat(claims.required("client_id")).isEqualTo(key.key().id());
      assertThat(claims.required("scope")).isEqualTo("inference");
      assertThat(claims.required("role")).isEqualTo("developer");
      assertThat(claims.required("tenant")).isEqualTo(world.tenant.id());
      assertThat(claims.required("jti")).hasSize(22);
      assertThat(claims.time("iat")).contains(world.now);
      assertThat(claims.time("exp")).contains(world.now.plusSeconds(600));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aTokenIsVerifiedByThePublishedKeysAndTakenHere(CryptoProfile profile) {
    try (TokenWorld world = world(profile)) {
      IssuedKey key = world.key(Role.DEVELOPER, Restrictions.NONE);
      String text = issue(world, key.key(), ALL);
      List<String> published = world.own.published().join();
      assertThat(published).hasSize(1).first().asString().doesNotContain("\"d\"");
      SignedToken token = SignedToken.parse(text);
      assertThat(Verifier.ofJwk(published.getFirst()).verify(token.signed(), token.signature()))
          .isTrue();
      Identity identity = world.identity(text);
      assertThat(identity.credential()).isEqualTo(key.key().id());
      assertThat(identity.account()).isEqualTo(world.identityOf(key.key()).account());
    }
  }

  @Test
  void aTokenNarrowsItsKeyAndNeverWidensIt() {
    try (TokenWorld world = world(CryptoProfile.STANDARD)) {
      IssuedKey whole = world.key(Role.ADMIN, Restrictions.NONE);
      assertThat(
              world
                  .identity(issue(world, whole.key(), Set.of(Scope.USAGE)))
                  .restrictions()
                  .scopes())
          .contains(Set.of(Scope.USAGE));
      IssuedKey narrow =
          world.key(
              Role.ADMIN,
              new Restrictions(
                  Optional.of(List.of("m")),
                  Optional.empty(),
                  Optional.of(Set.of(Scope.INFERENCE))));
      Restrictions narrowed = world.identity(issue(world, narrow.key(), ALL)).restrictions();
      assertThat(narrowed.scopes()).contains(Set.of(Scope.INFERENCE));
      assertThat(narrowed.models()).contains(List.of("m"));
    }
  }

  @Test
  void aTokenEndsWithItsTimeOrWithItsKey() {
    try (TokenWorld world = world(CryptoProfile.STANDARD)) {
      IssuedKey key = world.key(Role.DEVELOPER, Restrictions.NONE);
      String token = issue(world, key.key(), ALL);
      world.advance(Duration.ofSeconds(599));
      assertThat(world.verify(token)).isInstanceOf(Verdict.Known.class);
      world.advance(Duration.ofSeconds(1));
      assertThat(world.verify(token)).isEqualTo(new Verdict.ExpiredToken());
      String next = issue(world, key.key(), ALL);
      assertThat(world.verify(next)).isInstanceOf(Verdict.Known.class);
      world.keys.revoke(key.key().id());
      world.watch.poll();
      assertThat(world.verify(next))
          .isEqualTo(new Verdict.Lapsed(key.key().id(), StoredKey.State.REVOKED));
    }
  }

  @Test
  void aRevokedTokenHoldsNowhereFromTheNextPollOnAndOthersOfItsKeyDo() {
    try (TokenWorld world = world(CryptoProfile.STANDARD)) {
      IssuedKey key = world.key(Role.DEVELOPER, Restrictions.NONE);
      String token = issue(world, key.key(), ALL);
      String other = issue(world, key.key(), ALL);
      assertThat(world.verify(token)).isInstanceOf(Verdict.Known.class);
      assertThat(world.verify(other)).isInstanceOf(Verdict.Known.class);
      world.bearers.revoke(token).join();
      world.bearers.revoke(token).join();
      world.watch.poll();
      assertThat(world.fault(token)).isEqualTo(TokenFault.REVOKED);
      assertThat(world.verify(other)).isInstanceOf(Verdict.Known.class);
    }
  }

  @Test
  void whatIsNoTokenOfOursRevokesNothing() {
    try (TokenWorld world = world(CryptoProfile.STANDARD)) {
      IssuedKey key = world.key(Role.DEVELOPER, Restrictions.NONE);
      String token = issue(world, key.key(), ALL);
      Revision revision = world.database.revision();
      for (String text : List.of("x", "a.b.c", token + "A", token.substring(0, 60))) {
        world.bearers.revoke(text).join();
      }
      assertThat(world.database.revision()).isEqualTo(revision);
      assertThat(world.verify(token)).isInstanceOf(Verdict.Known.class);
    }
  }

  @Test
  void aTokenForAnotherAudienceIsWorthNothingHere() {
    try (TokenWorld world = world(CryptoProfile.STANDARD)) {
      IssuedKey key = world.key(Role.DEVELOPER, Restrictions.NONE);
      String token = world.own.issue(world.identityOf(key.key()), ALL, "elsewhere").join();
      assertThat(world.fault(token)).isEqualTo(TokenFault.AUDIENCE);
      assertThat(world.bearers.verifyForAll(token).join()).isInstanceOf(Verdict.Known.class);
      assertThat(world.fault(token)).isEqualTo(TokenFault.AUDIENCE);
    }
  }

  @Test
  void aKeyIsPublicADayBeforeItSignsSignsAtMostAWeekAndGoesWithItsLastToken() {
    try (TokenWorld world = world(CryptoProfile.STANDARD)) {
      IssuedKey key = world.key(Role.DEVELOPER, Restrictions.NONE);
      String first = kid(issue(world, key.key(), ALL));
      turn(world, Duration.ofDays(6).minusSeconds(1));
      assertThat(world.own.published().join()).hasSize(1);
      turn(world, Duration.ofSeconds(1));
      assertThat(world.own.published().join()).hasSize(2);
      turn(world, Duration.ofDays(1).minusSeconds(1));
      String last = issue(world, key.key(), ALL);
      assertThat(kid(last)).isEqualTo(first);
      turn(world, Duration.ofSeconds(1));
      assertThat(kid(issue(world, key.key(), ALL))).isNotEqualTo(first);
      turn(world, Duration.ofSeconds(598));
      assertThat(world.verify(last)).isInstanceOf(Verdict.Known.class);
      assertThat(world.own.published().join()).hasSize(2);
      turn(world, Duration.ofMinutes(2));
      assertThat(world.own.published().join()).hasSize(1).first().asString().doesNotContain(first);
    }
  }

  @Test
  void aYearOfRotationsNeverLeavesATokenWithoutItsKey() {
    try (TokenWorld world = world(CryptoProfile.STANDARD)) {
      IssuedKey key = world.key(Role.DEVELOPER, Restrictions.NONE);
      Set<String> kids = new HashSet<>();
      for (int i = 0; i < 365; i++) {
        String token = issue(world, key.key(), ALL);
        kids.add(kid(token));
        turn(world, Duration.ofMinutes(9));
        assertThat(world.verify(token)).isInstanceOf(Verdict.Known.class);
        assertThat(world.own.published().join()).hasSizeBetween(1, 2);
        turn(world, Duration.ofDays(1).minusMinutes(9));
      }
      assertThat(kids).hasSizeBetween(52, 62);
    }
  }

  @Test
  void settingsBeyondWhatIsPromisedAreRefusedAtTheStart() {
    assertThatThrownBy(() -> settings(Duration.ofMinutes(16), Duration.ofDays(7)))
        .hasMessageContaining("deepseek.auth.token.lifetime");
    assertThatThrownBy(() -> settings(Duration.ofMinutes(15), Duration.ofDays(8)))
        .hasMessageContaining("deepseek.auth.token.key-rotation");
  }

  private static GrantSettings settings(Duration lifetime, Duration rotation) {
    return new GrantSettings(TokenWorld.OWN, List.of("a"), lifetime, rotation, Duration.ofDays(1));
  }

  private static void turn(TokenWorld world, Duration by) {
    world.now = world.now.plus(by);
    world.own.tick();
    world.nanos.addAndGet(by.toNanos());
    world.watch.poll();
  }

  private static String kid(String token) {
    return SignedToken.parse(token).key().orElseThrow();
  }
}
