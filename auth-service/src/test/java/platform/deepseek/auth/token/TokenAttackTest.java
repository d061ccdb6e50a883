package platform.deepseek.auth.token;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jose4j.json.JsonUtil;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.jwk.RsaJwkGenerator;
import org.jose4j.lang.JoseException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.auth.credential.Restrictions;
import platform.deepseek.auth.credential.Role;
import platform.deepseek.auth.crypto.CryptoProfile;
import platform.deepseek.auth.identity.Verdict;
import platform.deepseek.auth.store.Engine;
import platform.deepseek.auth.token.issuer.Algorithm;
import platform.deepseek.auth.token.jose.TokenFault;

/** What attackers do with tokens (RFC 8725 section 2), one by one: none of it lets anybody in. */
class TokenAttackTest {

  private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();

  private static TokenWorld world;
  private static TestIssuer issuer;
  private static PublicJsonWebKey ec;
  private static PublicJsonWebKey rsa;

  @BeforeAll
  static void start() throws JoseException {
    world = new TokenWorld(Engine.H2, CryptoProfile.STANDARD);
    issuer = new TestIssuer();
    ec = TokenWorld.ecKey("ec");
    rsa = RsaJwkGenerator.generateJwk(2048);
    rsa.setKeyId("rsa");
    issuer.keys.addAll(List.of(ec, rsa));
    world.enter(issuer);
    assertThat(world.verify(good())).isInstanceOf(Verdict.Known.class);
    assertThat(world.verify(TokenWorld.sign(rsa, "RS256", claims())))
        .isInstanceOf(Verdict.Known.class);
    assertThat(world.verify(TokenWorld.sign(rsa, "PS256", claims())))
        .isInstanceOf(Verdict.Known.class);
  }

  @AfterAll
  static void stop() {
    issuer.close();
    world.close();
  }

  private static Map<String, Object> claims() {
    return world.claims(issuer);
  }

  private static String good() {
    return TokenWorld.sign(ec, "ES256", claims());
  }

  private static String part(String json) {
    return BASE64.encodeToString(json.getBytes(StandardCharsets.UTF_8));
  }

  private static String payload() {
    return JsonUtil.toJson(claims());
  }

  private static Map<String, Object> without(String name) {
    Map<String, Object> claims = claims();
    claims.remove(name);
    return claims;
  }

  private static Map<String, Object> with(String name, Object value) {
    Map<String, Object> claims = claims();
    claims.put(name, value);
    return claims;
  }

  private static TokenFault fault(Map<String, Object> claims) {
    return world.fault(TokenWorld.sign(ec, "ES256", claims));
  }

  /** Any header over any bytes, with a signature that is right for them. */
  private static String signedAsIs(String header, String payload) {
    String signed = part(header) + "." + part(payload);
    try {
      Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
      signature.initSign(ec.getPrivateKey());
      signature.update(signed.getBytes(StandardCharsets.US_ASCII));
      return signed + "." + BASE64.encodeToString(signature.sign());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "None", "NONE", "nOnE", "none ", "", "null"})
  void anUnsignedTokenIsRefusedHoweverNoneIsWritten(String algorithm) {
    String header = "{\"alg\":\"%s\",\"kid\":\"ec\"}".formatted(algorithm);
    assertThat(world.fault(part(header) + "." + part(payload()) + "."))
        .isEqualTo(TokenFault.ALGORITHM);
    assertThat(world.fault(signedAsIs(header, payload()))).isEqualTo(TokenFault.ALGORITHM);
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "{\"alg\":null}", "{\"alg\":[\"ES256\"]}", "{\"alg\":true}"})
  void aTokenWithoutAnAlgorithmIsRefused(String header) {
    assertThat(world.fault(signedAsIs(header, payload())))
        .isIn(TokenFault.ALGORITHM, TokenFault.HEADER);
  }

  @ParameterizedTest
  @CsvSource({"HS256, HmacSHA256", "HS384, HmacSHA384", "HS512, HmacSHA512"})
  void aPublicKeyIsNoSharedSecret(String algorithm, String mac) throws Exception {
    for (byte[] secret :
        List.of(
            rsa.getPublicKey().getEncoded(),
            ("-----BEGIN PUBLIC KEY-----\n"
                    + Base64.getMimeEncoder().encodeToString(rsa.getPublicKey().getEncoded())
                    + "\n-----END PUBLIC KEY-----\n")
                .getBytes(StandardCharsets.US_ASCII),
            rsa.toJson().getBytes(StandardCharsets.UTF_8))) {
      String signed =
          part("{\"alg\":\"%s\",\"kid\":\"rsa\"}".formatted(algorithm)) + "." + part(payload());
      Mac code = Mac.getInstance(mac);
      code.init(new SecretKeySpec(secret, mac));
      String token =
          signed
              + "."
              + BASE64.encodeToString(code.doFinal(signed.getBytes(StandardCharsets.UTF_8)));
      assertThat(world.fault(token)).isEqualTo(TokenFault.ALGORITHM);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"jwk", "jku", "x5u", "x5c"})
  void aKeyThatTheTokenBringsAlongIsNeverUsed(String member) {
    PublicJsonWebKey own = TokenWorld.ecKey("own");
    Object value =
        switch (member) {
          case "jwk" -> own.toParams(JsonWebKey.OutputControlLevel.PUBLIC_ONLY);
          case "x5c" ->
              List.of(Base64.getEncoder().encodeToString(own.getPublicKey().getEncoded()));
          default -> issuer.url() + "/keys";
        };
    int fetches = issuer.fetches.get();
    for (String kid : List.of("own", "ec")) {
      String token = TokenWorld.sign(own, "ES256", Map.of("kid", kid, member, value), payload());
      assertThat(world.fault(token)).isEqualTo(TokenFault.HEADER);
    }
    assertThat(issuer.fetches).hasValue(fetches);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../../../../../../dev/null",
        "/proc/sys/kernel/randomize_va_space",
        "' UNION SELECT 'secret' --",
        "ec'; DROP TABLE issuer; --",
        "http://169.254.169.254/latest/meta-data",
        "ec\u0000",
        "EC",
        "ec ",
        ""
      })
  void aKeysNameIsOnlyEverCompared(String kid) {
    assertThat(world.fault(TokenWorld.sign(ec, "ES256", Map.of("kid", kid), payload())))
        .isEqualTo(TokenFault.KEY);
    assertThat(world.verify(good())).isInstanceOf(Verdict.Known.class);
  }

  @Test
  void aHugeOrStrangeKeysNameIsRefused() {
    assertThat(world.fault(TokenWorld.sign(ec, "ES256", Map.of("kid", "k".repeat(257)), payload())))
        .isEqualTo(TokenFault.HEADER);
    for (String kid : List.of("7", "[\"ec\"]", "{\"ec\":1}", "null")) {
      assertThat(world.fault(signedAsIs("{\"alg\":\"ES256\",\"kid\":" + kid + "}", payload())))
          .isEqualTo(TokenFault.HEADER);
    }
  }

  @Test
  void aTokenWithoutAKeysNameIsRefusedWhereSeveralKeysFit() {
    String token = TokenWorld.sign(rsa, "RS256", Map.of(), payload());
    assertThat(world.fault(token)).isEqualTo(TokenFault.KEY);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"crit\":[\"exp\"],\"exp\":1",
        "\"crit\":[]",
        "\"crit\":\"b64\"",
        "\"crit\":[\"b64\"],\"b64\":false",
        "\"b64\":false",
        "\"zip\":\"DEF\""
      })
  void whatMustBeUnderstoodAndIsNotRefusesTheToken(String members) {
    String header = "{\"alg\":\"ES256\",\"kid\":\"ec\",%s}".formatted(members);
    assertThat(world.fault(signedAsIs(header, payload()))).isEqualTo(TokenFault.HEADER);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"alg\":\"ES256\",\"alg\":\"none\",\"kid\":\"ec\"}",
        "{\"alg\":\"none\",\"alg\":\"ES256\",\"kid\":\"ec\"}",
        "{\"alg\":\"ES256\",\"kid\":\"x\",\"kid\":\"ec\"}",
        "{\"alg\":\"ES256\",\"kid\":\"ec\",\"\\u0061lg\":\"ES256\"}"
      })
  void aHeaderWithAMemberTwiceIsRefused(String header) {
    assertThat(world.fault(signedAsIs(header, payload()))).isEqualTo(TokenFault.MALFORMED);
  }

  @Test
  void claimsThatAreThereTwiceAreRefused() {
    String header = "{\"alg\":\"ES256\",\"kid\":\"ec\"}";
    for (String twice :
        List.of(
            "\"sub\":\"admin\",",
            "\"iss\":\"https://evil.example.com\",",
            "\"\\u0065xp\":99999999999,",
            "\"nested\":{\"roles\":1,\"roles\":2},")) {
      String claims = payload().replaceFirst("\\{", "{" + Matcher.quoteReplacement(twice));
      assertThat(world.fault(signedAsIs(header, claims))).as(twice).isEqualTo(TokenFault.MALFORMED);
    }
  }

  @Test
  void anExpiredTokenIsToldToBeExpiredAndNothingElseIs() {
    String token = TokenWorld.sign(ec, "ES256", with("exp", world.now.getEpochSecond()));
    assertThat(world.verify(token)).isEqualTo(new Verdict.ExpiredToken());
    assertThat(fault(with("exp", world.now.getEpochSecond() - 1))).isEqualTo(TokenFault.EXPIRED);
    String forged =
        token.substring(0, token.lastIndexOf('.') + 1) + BASE64.encodeToString(new byte[64]);
    assertThat(world.verify(forged)).isEqualTo(new Verdict.Unknown());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"\"4102444800\"", "1e400", "-1", "null", "true", "[4102444800]", "99999999999999"})
  void anEndThatIsNoTimeIsNoEnd(String exp) {
    String claims = payload().replaceFirst("\"exp\":[0-9]+", "\"exp\":" + exp);
    assertThat(world.fault(signedAsIs("{\"alg\":\"ES256\",\"kid\":\"ec\"}", claims)))
        .isEqualTo(TokenFault.CLAIMS);
  }

  @Test
  void aTokenWithoutAnEndOrAHolderIsRefused() {
    assertThat(fault(without("exp"))).isEqualTo(TokenFault.CLAIMS);
    assertThat(fault(without("sub"))).isEqualTo(TokenFault.CLAIMS);
    assertThat(fault(with("sub", ""))).isEqualTo(TokenFault.CLAIMS);
    assertThat(fault(with("sub", 7))).isEqualTo(TokenFault.CLAIMS);
    assertThat(fault(with("sub", "s".repeat(256)))).isEqualTo(TokenFault.CLAIMS);
    assertThat(fault(with("sub", "a\nb"))).isEqualTo(TokenFault.CLAIMS);
    assertThat(fault(without("iss"))).isEqualTo(TokenFault.CLAIMS);
  }

  @Test
  void aTokenOfTheFutureIsRefusedUntilThen() {
    long now = world.now.getEpochSecond();
    assertThat(fault(with("nbf", now + 31))).isEqualTo(TokenFault.NOT_YET_VALID);
    assertThat(fault(with("iat", now + 31))).isEqualTo(TokenFault.NOT_YET_VALID);
    assertThat(world.verify(TokenWorld.sign(ec, "ES256", with("nbf", now + 30))))
        .isInstanceOf(Verdict.Known.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://evil.example.com",
        "%s/",
        "%s#",
        "%s ",
        "%s\u0000",
        "%s\u200b",
        " %s",
        "\ufeff%s",
        "HTTP%s"
      })
  void anIssuerIsWhatItIsCharacterByCharacter(String pattern) {
    String iss = pattern.replace("%s", issuer.url()).replace("HTTPhttp", "HTTP");
    assertThat(fault(with("iss", iss))).isEqualTo(TokenFault.ISSUER);
  }

  @Test
  void lookAlikesOfAnIssuerAreOthers() {
    String fullWidth = issuer.url().replace('1', '\uff11');
    String cyrillic = issuer.url().replace('p', '\u0440');
    String dots = issuer.url().replace('.', '\u3002');
    for (String iss : List.of(fullWidth, cyrillic, dots)) {
      assertThat(fault(with("iss", iss))).isEqualTo(TokenFault.ISSUER);
    }
    assertThat(fault(with("iss", List.of(issuer.url())))).isEqualTo(TokenFault.CLAIMS);
    assertThat(fault(with("iss", "x".repeat(1_001)))).isEqualTo(TokenFault.CLAIMS);
  }

  @Test
  void aTokenOfOneIssuerIsNoneOfAnothersThoughItKnowsTheKey() {
    try (TestIssuer other = new TestIssuer()) {
      other.keys.add(TokenWorld.ecKey("ec"));
      world.enter(other);
      assertThat(fault(with("iss", other.url()))).isEqualTo(TokenFault.SIGNATURE);
    }
  }

  @Test
  void aTokenForSomebodyElseIsRefused() {
    assertThat(fault(with("aud", "account"))).isEqualTo(TokenFault.AUDIENCE);
    assertThat(fault(with("aud", List.of()))).isEqualTo(TokenFault.AUDIENCE);
    assertThat(fault(without("aud"))).isEqualTo(TokenFault.AUDIENCE);
    assertThat(fault(with("aud", List.of(7, TokenWorld.AUDIENCE)))).isEqualTo(TokenFault.CLAIMS);
    assertThat(fault(with("aud", Map.of(TokenWorld.AUDIENCE, 1)))).isEqualTo(TokenFault.CLAIMS);
    assertThat(fault(with("aud", TokenWorld.AUDIENCE + " "))).isEqualTo(TokenFault.AUDIENCE);
    assertThat(
            world.verify(
                TokenWorld.sign(ec, "ES256", with("aud", List.of("a", TokenWorld.AUDIENCE)))))
        .isInstanceOf(Verdict.Known.class);
  }

  @Test
  void aSignatureOfZeroesIsNone() {
    String token = good();
    String signed = token.substring(0, token.lastIndexOf('.') + 1);
    byte[] order = ((ECPublicKey) ec.getPublicKey()).getParams().getOrder().toByteArray();
    byte[] orders = new byte[64];
    System.arraycopy(order, order.length - 32, orders, 0, 32);
    System.arraycopy(order, order.length - 32, orders, 32, 32);
    for (byte[] signature :
        List.of(new byte[64], orders, new byte[0], new byte[1], new byte[128])) {
      assertThat(world.fault(signed + BASE64.encodeToString(signature)))
          .isEqualTo(TokenFault.SIGNATURE);
    }
  }

  @Test
  void aSignatureWrittenAsDerIsNone() throws GeneralSecurityException {
    String token = good();
    String signed = token.substring(0, token.lastIndexOf('.'));
    Signature signature = Signature.getInstance("SHA256withECDSA");
    signature.initSign(ec.getPrivateKey());
    signature.update(signed.getBytes(StandardCharsets.US_ASCII));
    assertThat(world.fault(signed + "." + BASE64.encodeToString(signature.sign())))
        .isEqualTo(TokenFault.SIGNATURE);
  }

  @Test
  void anAlgorithmThatTheIssuerDoesNotUseIsRefusedThoughTheSignatureHolds() {
    try (TestIssuer strict = new TestIssuer()) {
      strict.keys.add(rsa);
      world.enter(strict, Algorithm.PS256);
      Map<String, Object> claims = world.claims(strict);
      assertThat(world.fault(TokenWorld.sign(rsa, "RS256", claims)))
          .isEqualTo(TokenFault.ALGORITHM);
      assertThat(world.verify(TokenWorld.sign(rsa, "PS256", claims)))
          .isInstanceOf(Verdict.Known.class);
    }
  }

  @Test
  void anAlgorithmOfAnotherKindOfKeyIsRefused() {
    String signed = part("{\"alg\":\"RS256\",\"kid\":\"ec\"}") + "." + part(payload());
    assertThat(world.fault(signed + "." + BASE64.encodeToString(new byte[256])))
        .isEqualTo(TokenFault.SIGNATURE);
    for (String alg : List.of("es256", "ES256K", "ES384", "EdDSA", "RSA1_5", "dir")) {
      assertThat(
              world.fault(signedAsIs("{\"alg\":\"%s\",\"kid\":\"ec\"}".formatted(alg), payload())))
          .as(alg)
          .isIn(TokenFault.ALGORITHM, TokenFault.SIGNATURE);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"logout+jwt", "id_token+jwt", "dpop+jwt", "secevent+jwt", "JOSE", "rt+jwt", "x"})
  void aTokenOfAnotherTypeIsNoAccessToken(String type) {
    assertThat(
            world.fault(TokenWorld.sign(ec, "ES256", Map.of("kid", "ec", "typ", type), payload())))
        .isEqualTo(TokenFault.TYPE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt"})
  void anAccessTokenMayBeOfThePlainTypeOrOfItsOwn(String type) {
    assertThat(
            world.verify(TokenWorld.sign(ec, "ES256", Map.of("kid", "ec", "typ", type), payload())))
        .isInstanceOf(Verdict.Known.class);
  }

  @Test
  void anIdTokenOrALogoutTokenIsNoAccessTokenWhateverItCallsItself() {
    assertThat(fault(with("at_hash", "77QmUPtjPfzWtF2AnpK9RQ"))).isEqualTo(TokenFault.TYPE);
    assertThat(fault(with("c_hash", "77QmUPtjPfzWtF2AnpK9RQ"))).isEqualTo(TokenFault.TYPE);
    assertThat(
            fault(
                with(
                    "events",
                    Map.of("http://schemas.openid.net/event/backchannel-logout", Map.of()))))
        .isEqualTo(TokenFault.TYPE);
    for (String kind : List.of("ID", "Refresh", "Offline", "Logout", "bearer")) {
      assertThat(fault(with("typ", kind))).as(kind).isEqualTo(TokenFault.TYPE);
    }
  }

  @Test
  void aTokenBoundToAKeyOfItsHolderIsNoBearerToken() {
    assertThat(fault(with("cnf", Map.of("jkt", "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"))))
        .isEqualTo(TokenFault.BOUND);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"alg\":\"dir\",\"enc\":\"A128CBC-HS256\",\"zip\":\"DEF\"}",
        "{\"alg\":\"RSA-OAEP\",\"enc\":\"A256GCM\",\"kid\":\"rsa\"}",
        "{\"alg\":\"PBES2-HS256+A128KW\",\"enc\":\"A256GCM\",\"p2c\":2147483647,\"p2s\":\"AA\"}"
      })
  void anEncryptedTokenIsRefusedUnread(String header) {
    String bomb = BASE64.encodeToString(new byte[9_000]);
    assertThat(world.fault(part(header) + "." + "AA." + "AA." + bomb + ".AA"))
        .isEqualTo(TokenFault.ENCRYPTED);
    assertThat(world.fault(part(header) + "." + bomb + ".AA")).isEqualTo(TokenFault.ENCRYPTED);
  }

  @Test
  void aTokenOfMoreCharactersThanAnyNeedsIsRefusedUnread() {
    String padding = "p".repeat(16_384);
    assertThat(fault(with("padding", padding))).isEqualTo(TokenFault.TOO_LONG);
    assertThat(world.fault("ey" + ".".repeat(16_382))).isEqualTo(TokenFault.MALFORMED);
    String deep = "[".repeat(3_000) + "]".repeat(3_000);
    String claims = payload().replaceFirst("\\{", "{\"deep\":" + deep.replace("$", "") + ",");
    assertThat(world.fault(signedAsIs("{\"alg\":\"ES256\",\"kid\":\"ec\"}", claims)))
        .isEqualTo(TokenFault.MALFORMED);
  }

  @Test
  void thereIsOneTextForEachTokenAndNoOther() {
    String token = good();
    int first = token.indexOf('.');
    int last = token.lastIndexOf('.');
    char end = token.charAt(token.length() - 1);
    // 64 bytes leave four bits of the last digit over; another digit with the same two counts.
    String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    char twin = alphabet.charAt(alphabet.indexOf(end) ^ 1);
    Map<String, String> others = new LinkedHashMap<>();
    others.put("other bits of no byte", token.substring(0, token.length() - 1) + twin);
    others.put("padding", token + "==");
    others.put("padding within", token.substring(0, first) + "=" + token.substring(first));
    others.put("a line break", token.substring(0, last) + "\n" + token.substring(last));
    others.put("a blank", token.substring(0, first + 5) + " " + token.substring(first + 5));
    others.put("plus", token.substring(0, last + 3) + "+" + token.substring(last + 4));
    others.put(
        "a character of no alphabet",
        token.substring(0, last + 3) + "*" + token.substring(last + 3));
    others.put("a fourth part", token + ".");
    others.put("trailing data", token + ".AAAA");
    others.put("two parts", token.substring(0, last));
    others.put("an empty signature", token.substring(0, last + 1));
    others.forEach(
        (what, other) ->
            assertThat(world.fault(other))
                .as(what)
                .isIn(TokenFault.MALFORMED, TokenFault.SIGNATURE));
    assertThat(world.fault(others.get("other bits of no byte"))).isEqualTo(TokenFault.MALFORMED);
  }

  @ParameterizedTest
  @ValueSource(strings = {" x", "{}", ",", "\u0000", "}"})
  void nothingMayStandBehindTheJson(String behind) {
    String header = "{\"alg\":\"ES256\",\"kid\":\"ec\"}";
    assertThat(world.fault(signedAsIs(header, payload() + behind))).isEqualTo(TokenFault.MALFORMED);
    assertThat(world.fault(signedAsIs(header + behind, payload())))
        .isIn(TokenFault.MALFORMED, TokenFault.ALGORITHM);
  }

  @Test
  void bytesThatAreNoUnicodeAreRefused() throws GeneralSecurityException {
    byte[] claims = payload().replace("ann", "a~n").getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < claims.length; i++) {
      if (claims[i] == '~') {
        claims[i] = (byte) 0xc0; // would begin an overlong sequence
      }
    }
    String signed =
        part("{\"alg\":\"ES256\",\"kid\":\"ec\"}") + "." + BASE64.encodeToString(claims);
    Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
    signature.initSign(ec.getPrivateKey());
    signature.update(signed.getBytes(StandardCharsets.US_ASCII));
    assertThat(world.fault(signed + "." + BASE64.encodeToString(signature.sign())))
        .isEqualTo(TokenFault.MALFORMED);
  }

  @Test
  void whateverIsChangedInATokenItIsNoneAnyMore() {
    String token = good();
    Random random = new Random(20261122);
    String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ ";
    for (int i = 0; i < 2_000; i++) {
      StringBuilder changed = new StringBuilder(token);
      int at = random.nextInt(token.length());
      char other = alphabet.charAt(random.nextInt(alphabet.length()));
      switch (random.nextInt(3)) {
        case 0 -> changed.setCharAt(at, other);
        case 1 -> changed.insert(at, other);
        default -> changed.deleteCharAt(at);
      }
      if (!changed.toString().equals(token)) {
        assertThat(world.verify(changed.toString()))
            .as("%s", changed)
            .isNotInstanceOf(Verdict.Known.class);
      }
    }
  }

  @Test
  void aTokenOfOursCannotBeForgedByAnIssuerNorAnIssuersByOurs() {
    Map<String, Object> ours = new HashMap<>(claims());
    ours.put("iss", TokenWorld.OWN);
    ours.put("client_id", world.key(Role.ADMIN, Restrictions.NONE).key().id());
    ours.put("jti", "x");
    assertThat(
            world.fault(
                TokenWorld.sign(
                    ec, "ES256", Map.of("kid", "ec", "typ", "at+jwt"), JsonUtil.toJson(ours))))
        .isEqualTo(TokenFault.KEY);
    assertThat(world.fault(TokenWorld.sign(ec, "ES256", ours))).isEqualTo(TokenFault.TYPE);
  }
}
