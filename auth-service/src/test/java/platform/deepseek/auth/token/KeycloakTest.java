package platform.deepseek.auth.token;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import platform.deepseek.auth.credential.Role;
import platform.deepseek.auth.crypto.CryptoProfile;
import platform.deepseek.auth.identity.Assurance;
import platform.deepseek.auth.identity.Identity;
import platform.deepseek.auth.identity.Verdict;
import platform.deepseek.auth.store.Engine;
import platform.deepseek.auth.token.issuer.Algorithm;
import platform.deepseek.auth.token.issuer.Issuer;
import platform.deepseek.auth.token.jose.SignedToken;
import platform.deepseek.auth.token.jose.TokenFault;

/** Tokens of real people from a real Keycloak. */
class KeycloakTest {

  private static final String CLIENT = "deepseek-cli";

  private static RealKeycloak keycloak;
  private TokenWorld world;

  @BeforeAll
  static void start() throws IOException {
    keycloak = new RealKeycloak();
  }

  @AfterAll
  static void stop() {
    keycloak.close();
  }

  @BeforeEach
  void freshWorld() {
    world = new TokenWorld(Engine.POSTGRESQL, CryptoProfile.STANDARD);
  }

  @AfterEach
  void closeWorld() {
    world.close();
  }

  private void enter(Optional<Issuer.Introspection> introspection, String... acrs) {
    world.issuers.create(
        keycloak.issuer(),
        world.tenant.id(),
        new Issuer.Terms(
            List.of(TokenWorld.AUDIENCE),
            List.copyOf(EnumSet.of(Algorithm.RS256, Algorithm.ES256)),
            "/realm_access/roles",
            Map.of(
                "ds-admin", Role.ADMIN,
                "ds-developer", Role.DEVELOPER,
                "ds-auditor", Role.AUDITOR),
            Optional.empty(),
            Map.of("/azp", CLIENT),
            Set.of(acrs)),
        introspection);
    world.watch.poll();
  }

  private JsonNode login(String client, String user) {
    JsonNode login = keycloak.login(client, user);
    world.now = Instant.now(); // its clock is the real one
    return login;
  }

  private String access(String user) {
    return login(CLIENT, user).get("access_token").textValue();
  }

  @Test
  void aPersonsTokenIsTakenInTheRoleThatItsRolesAreMappedTo() {
    enter(Optional.empty());
    Identity ann = world.identity(access("ann"));
    assertThat(ann.role()).isEqualTo(Role.DEVELOPER);
    assertThat(ann.tenant()).isEqualTo(world.tenant.id());
    assertThat(world.users.find(ann.user().orElseThrow()).orElseThrow().name()).isEqualTo("ann");
    assertThat(world.identity(access("ada")).role()).isEqualTo(Role.ADMIN);
    assertThat(world.verify(access("bob"))).isInstanceOf(Verdict.WithoutRole.class);
    assertThat(world.identity(access("ann")).user()).isEqualTo(ann.user());
  }

  @Test
  void aLoginsAcrAndTimeAreInTheIdentity() {
    String token = access("ada");
    String acr = SignedToken.parse(token).claims().required("acr");
    enter(Optional.empty(), acr);
    Assurance assurance = world.identity(token).assurance();
    assertThat(assurance.acr()).contains(acr);
    assertThat(assurance.secondFactor()).isTrue();
    assertThat(assurance.authenticatedAt())
        .isEqualTo(SignedToken.parse(token).claims().time("auth_time"));
  }

  @Test
  void anAcrThatIsNotListedIsNoSecondFactor() {
    enter(Optional.empty(), "gold");
    assertThat(world.identity(access("ada")).assurance().secondFactor()).isFalse();
  }

  @Test
  void itsIdTokensRefreshTokensAndTokensForOthersAreRefused() {
    enter(Optional.empty());
    JsonNode login = login(CLIENT, "ann");
    assertThat(world.fault(login.get("id_token").textValue())).isEqualTo(TokenFault.TYPE);
    assertThat(world.fault(login.get("refresh_token").textValue())).isEqualTo(TokenFault.ALGORITHM);
    assertThat(world.fault(login("somebody-else", "ann").get("access_token").textValue()))
        .isEqualTo(TokenFault.AUDIENCE);
    assertThat(world.fault(login("deepseek-rfc9068", "ann").get("access_token").textValue()))
        .as("a client that the terms do not name")
        .isEqualTo(TokenFault.CLAIMS);
  }

  @Test
  void aTokenEndsWhenItSays() {
    enter(Optional.empty());
    String token = access("ann");
    assertThat(world.verify(token)).isInstanceOf(Verdict.Known.class);
    world.advance(Duration.ofSeconds(240));
    assertThat(world.verify(token)).isInstanceOf(Verdict.Known.class);
    world.advance(Duration.ofSeconds(60));
    assertThat(world.verify(token)).isEqualTo(new Verdict.ExpiredToken());
  }

  @Test
  void itsNewKeysAreTakenAtOnceAndItsOldOnesUntilTheyAreWithdrawn() {
    enter(Optional.empty());
    assertThat(world.verify(access("ann"))).isInstanceOf(Verdict.Known.class);
    String first = keycloak.addKey("RS256", 200);
    String byFirst = access("ann");
    assertThat(world.fault(byFirst)).as("asked a moment ago").isEqualTo(TokenFault.KEY);
    world.age(Duration.ofSeconds(5));
    assertThat(world.verify(byFirst)).isInstanceOf(Verdict.Known.class);
    String second = keycloak.addKey("RS256", 300);
    world.age(Duration.ofSeconds(5));
    assertThat(world.verify(access("ann"))).isInstanceOf(Verdict.Known.class);
    keycloak.removeKey(first);
    world.age(Duration.ofMinutes(5));
    assertThat(world.verify(byFirst))
        .as("its keys are fetched behind the back of this request")
        .isInstanceOf(Verdict.Known.class);
    world.age(Duration.ofSeconds(10));
    assertThat(world.fault(byFirst)).isEqualTo(TokenFault.KEY);
    assertThat(world.verify(access("ann"))).isInstanceOf(Verdict.Known.class);
    keycloak.removeKey(second);
  }

  @Test
  void aLogoutIsSeenAtOnceWhereTheIssuerIsAskedAboutEveryToken() {
    String sealed = world.secrets.seal(keycloak.issuer(), RealKeycloak.INSPECTOR_SECRET);
    enter(
        Optional.of(
            new Issuer.Introspection(RealKeycloak.INSPECTOR, sealed, Optional.empty(), true)));
    JsonNode login = login(CLIENT, "ann");
    String token = login.get("access_token").textValue();
    assertThat(world.verify(token)).isInstanceOf(Verdict.Known.class);
    keycloak.logout(CLIENT, login.get("refresh_token").textValue());
    JsonNode other = login(CLIENT, "ann");
    keycloak.logout(CLIENT, other.get("refresh_token").textValue());
    assertThat(world.fault(other.get("access_token").textValue())).isEqualTo(TokenFault.INACTIVE);
  }
}
