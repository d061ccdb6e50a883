package platform.deepseek.auth.token;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jose4j.json.JsonUtil;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.OctJwkGenerator;
import org.jose4j.jwk.PublicJsonWebKey;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.auth.credential.Role;
import platform.deepseek.auth.crypto.CryptoProfile;
import platform.deepseek.auth.identity.Assurance;
import platform.deepseek.auth.identity.Identity;
import platform.deepseek.auth.identity.Verdict;
import platform.deepseek.auth.store.Engine;
import platform.deepseek.auth.token.issuer.Algorithm;
import platform.deepseek.auth.token.issuer.Issuer;
import platform.deepseek.auth.token.jose.TokenFault;

/** What holds of identity providers: their keys, their people, and being away. */
class ProviderTokensTest {

  private static TokenWorld world;
  private final TestIssuer issuer = new TestIssuer();
  private final PublicJsonWebKey key = TokenWorld.ecKey("one");

  @BeforeAll
  static void start() {
    world = new TokenWorld(Engine.H2, CryptoProfile.STANDARD);
  }

  @AfterAll
  static void stop() {
    world.close();
  }

  @BeforeEach
  void publish() {
    issuer.keys.add(key);
  }

  @AfterEach
  void close() {
    issuer.close();
    world.issuers.all().forEach(entered -> world.issuers.remove(entered.id()));
    world.watch.poll();
  }

  private String token() {
    return TokenWorld.sign(key, "ES256", world.claims(issuer));
  }

  private String token(String claim, Object value) {
    Map<String, Object> claims = world.claims(issuer);
    claims.put(claim, value);
    return TokenWorld.sign(key, "ES256", claims);
  }

  @Test
  void unknownKeysOfAFloodOfTokensFetchOnceInFiveSeconds() {
    world.enter(issuer);
    assertThat(world.verify(token())).isInstanceOf(Verdict.Known.class);
    assertThat(issuer.fetches).hasValue(1);
    for (int i = 0; i < 50; i++) {
      PublicJsonWebKey invented = TokenWorld.ecKey("invented" + i);
      assertThat(world.fault(TokenWorld.sign(invented, "ES256", world.claims(issuer))))
          .isEqualTo(TokenFault.KEY);
    }
    assertThat(issuer.fetches).hasValue(1);
    world.age(Duration.ofSeconds(5));
    PublicJsonWebKey two = TokenWorld.ecKey("two");
    issuer.keys.add(two);
    assertThat(world.verify(TokenWorld.sign(two, "ES256", world.claims(issuer))))
        .isInstanceOf(Verdict.Known.class);
    assertThat(issuer.fetches).hasValue(2);
  }

  @Test
  void anIssuerThatIsAwayLeavesItsKeysInForceForAnHourAndThenNobodyIn() {
    world.enter(issuer);
    world.verify(token());
    issuer.status = 500;
    world.advance(Duration.ofMinutes(59));
    assertThat(world.verify(token())).isInstanceOf(Verdict.Known.class);
    PublicJsonWebKey two = TokenWorld.ecKey("two");
    assertThat(world.verify(TokenWorld.sign(two, "ES256", world.claims(issuer))))
        .as("whether it is one of its keys cannot be known")
        .isInstanceOf(Verdict.Unknowable.class);
    world.advance(Duration.ofMinutes(1));
    assertThat(world.verify(token())).isInstanceOf(Verdict.Unknowable.class);
    issuer.status = 200;
    world.advance(Duration.ofSeconds(5));
    assertThat(world.verify(token())).isInstanceOf(Verdict.Known.class);
  }

  @Test
  void anIssuerThatWasNeverThereLetsNobodyInAndIsAskedOnceInFiveSeconds() {
    world.enter(issuer);
    issuer.status = 503;
    for (int i = 0; i < 10; i++) {
      assertThat(world.verify(token())).isInstanceOf(Verdict.Unknowable.class);
    }
    assertThat(issuer.fetches).hasValue(1);
  }

  @Test
  void metadataOfAnotherIssuerIsNone() {
    world.enter(issuer);
    issuer.metadataIssuer = issuer.url() + "/";
    assertThat(world.verify(token())).isInstanceOf(Verdict.Unknowable.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "[]", "{}", "{\"keys\":7}", "{\"keys\":[{\"kty\":\"EC\"}]}", "<html>"})
  void whatIsNoKeySetHasNoKeys(String published) {
    world.enter(issuer);
    issuer.keySet = published;
    assertThat(world.verify(token())).isNotInstanceOf(Verdict.Known.class);
  }

  @Test
  void aSharedSecretThatAnIssuerPublishesIsNoKey() {
    world.enter(issuer);
    var secret = OctJwkGenerator.generateJwk(256);
    secret.setKeyId("one");
    issuer.keySet =
        "{\"keys\":[%s]}".formatted(secret.toJson(JsonWebKey.OutputControlLevel.INCLUDE_SYMMETRIC));
    assertThat(world.fault(token())).isEqualTo(TokenFault.KEY);
  }

  @Test
  void aKeyForEncryptionOrForAnotherAlgorithmChecksNoSignature() {
    world.enter(issuer);
    key.setUse("enc");
    assertThat(world.fault(token())).isEqualTo(TokenFault.KEY);
    key.setUse("sig");
    key.setAlgorithm("ES384");
    world.age(Duration.ofSeconds(5));
    assertThat(world.fault(token())).isEqualTo(TokenFault.KEY);
  }

  @Test
  void anIssuerThatIsDeletedOrChangedIsSoFromTheNextPollOn() {
    Issuer entered = world.enter(issuer, Algorithm.ES256);
    String token = token();
    assertThat(world.verify(token)).isInstanceOf(Verdict.Known.class);
    world.issuers.remove(entered.id());
    world.watch.poll();
    assertThat(world.fault(token)).isEqualTo(TokenFault.ISSUER);
    world.enter(issuer, Algorithm.RS256);
    assertThat(world.fault(token)).isEqualTo(TokenFault.ALGORITHM);
  }

  @Test
  void aPersonIsTheIssuerAndItsSubjectAndNeverAName() {
    world.enter(issuer);
    Identity ann = world.identity(token());
    Identity renamed = world.identity(token("preferred_username", "someone"));
    Identity namesake = world.identity(token("sub", "another"));
    assertThat(renamed.user()).isEqualTo(ann.user());
    assertThat(namesake.user()).isNotEqualTo(ann.user());
    assertThat(namesake.tenant()).isEqualTo(ann.tenant()).isEqualTo(world.tenant.id());
    assertThat(ann.credential()).isEqualTo("token:" + ann.user().orElseThrow());
    assertThat(ann.treatment().cacheSalt()).isEqualTo(world.tenant.cacheSalt());
    try (TestIssuer other = new TestIssuer()) {
      other.keys.add(key);
      world.enter(other);
      assertThat(world.identity(TokenWorld.sign(key, "ES256", world.claims(other))).user())
          .isNotEqualTo(ann.user());
    }
  }

  @Test
  void aPersonWhoIsDisabledHereIsSoWhateverTheIssuerSays() {
    world.enter(issuer);
    String token = token();
    Identity ann = world.identity(token);
    world.users.disable(ann.user().orElseThrow());
    world.watch.poll();
    assertThat(world.verify(token)).isEqualTo(new Verdict.Disabled(ann.credential()));
    assertThat(world.verify(token("sub", "another"))).isInstanceOf(Verdict.Known.class);
  }

  @Test
  void theFirstOfAPersonsRolesCountsAndNoneIsNoEntry() {
    world.enter(issuer);
    assertThat(world.identity(token("roles", List.of("x", "guest", "auditor"))).role())
        .isEqualTo(Role.AUDITOR);
    assertThat(world.identity(token("roles", "guest")).role()).isEqualTo(Role.GUEST);
    assertThat(world.identity(token("roles", "guest")).bounds()).hasSize(1);
    for (Object none : List.of(List.of(), List.of("root"), "Admin", 7, Map.of("admin", 1))) {
      assertThat(world.verify(token("roles", none))).isInstanceOf(Verdict.WithoutRole.class);
    }
  }

  @Test
  void howSomebodyProvedWhoTheyAreIsPassedOn() {
    world.enter(issuer);
    Map<String, Object> claims = world.claims(issuer);
    claims.put("acr", "gold");
    claims.put("auth_time", 1_795_341_600);
    assertThat(world.identity(TokenWorld.sign(key, "ES256", claims)).assurance())
        .isEqualTo(
            new Assurance(
                Optional.of("gold"), Optional.of(Instant.ofEpochSecond(1_795_341_600)), true));
    assertThat(world.identity(token("acr", "silver")).assurance())
        .isEqualTo(new Assurance(Optional.of("silver"), Optional.empty(), false));
    assertThat(world.identity(token()).assurance()).isEqualTo(Assurance.NONE);
    assertThat(world.fault(token("acr", List.of("gold")))).isEqualTo(TokenFault.CLAIMS);
  }

  @Test
  void anOpaqueTokenIsAskedAboutWhereItsPrefixSaysAndNowhereElse() {
    try (TestIssuer other = new TestIssuer()) {
      enterForOpaque(issuer, "opq_");
      enterForOpaque(other, "");
      issuer.answers.put("opq_abc", answer(issuer));
      assertThat(world.identity("opq_abc").role()).isEqualTo(Role.DEVELOPER);
      assertThat(world.fault("opq_xyz")).isEqualTo(TokenFault.INACTIVE);
      assertThat(other.introspections).hasValue(0);
      assertThat(issuer.introspectionHeaders.getFirst())
          .isEqualTo("Basic dXMlM0EyOnMlM0ErYw=="); // us:2 and "s: c", each form-encoded
      assertThat(world.fault("something")).isEqualTo(TokenFault.INACTIVE);
      assertThat(other.introspections).hasValue(1);
    }
  }

  @Test
  void whatAnIssuerSaidOfAnOpaqueTokenIsKeptForSecondsAndNoLongerThanTheTokenHolds() {
    enterForOpaque(issuer, "");
    issuer.answers.put("abc", answer(issuer));
    for (int i = 0; i < 20; i++) {
      assertThat(world.verify("abc")).isInstanceOf(Verdict.Known.class);
      assertThat(world.verify("junk")).isEqualTo(new Verdict.Unknown());
    }
    assertThat(issuer.introspections).hasValue(2);
    world.age(Duration.ofSeconds(10));
    issuer.answers.clear();
    assertThat(world.fault("abc")).isEqualTo(TokenFault.INACTIVE);
    issuer.answers.put("def", answer(issuer));
    assertThat(world.verify("def")).isInstanceOf(Verdict.Known.class);
    world.now = world.now.plusSeconds(300);
    assertThat(world.verify("def")).isEqualTo(new Verdict.ExpiredToken());
  }

  @Test
  void neitherAKeyNorAJwtIsEverAskedAbout() {
    enterForOpaque(issuer, "");
    world.fault(token("aud", "another"));
    world.fault(token() + ".");
    world.fault("eyJhbGciOiJub25lIn0.e30.");
    world.fault("e30.e30.AA");
    assertThat(issuer.introspections).hasValue(0);
  }

  @Test
  void anIntrospectionHasToMeetTheTermsToo() {
    enterForOpaque(issuer, "");
    for (Map.Entry<String, Object> wrong :
        Map.<String, Object>of(
                "aud", "another",
                "iss", "https://evil.example.com",
                "active", "true",
                "exp", 7,
                "cnf", Map.of("jkt", "x"))
            .entrySet()) {
      Map<String, Object> claims = world.claims(issuer);
      claims.put("active", true);
      claims.put(wrong.getKey(), wrong.getValue());
      issuer.answers.put("t" + wrong.getKey(), JsonUtil.toJson(claims));
      assertThat(world.verify("t" + wrong.getKey()))
          .as(wrong.getKey())
          .isNotInstanceOf(Verdict.Known.class);
    }
  }

  private String answer(TestIssuer from) {
    Map<String, Object> claims = world.claims(from);
    claims.put("active", true);
    return JsonUtil.toJson(claims);
  }

  private void enterForOpaque(TestIssuer at, String prefix) {
    world.enter(
        at.url(),
        Optional.of(
            new Issuer.Introspection(
                "us:2", world.secrets.seal(at.url(), "s: c"), Optional.of(prefix), false)),
        EnumSet.of(Algorithm.ES256));
  }
}
