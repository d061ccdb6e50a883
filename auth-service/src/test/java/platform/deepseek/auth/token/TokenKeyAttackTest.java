package platform.deepseek.auth.token;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jose4j.json.JsonUtil;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.PublicJsonWebKey;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.auth.credential.Restrictions;
import platform.deepseek.auth.credential.Role;
import platform.deepseek.auth.identity.Verdict;
import platform.deepseek.auth.token.issuer.Algorithm;
import platform.deepseek.auth.token.jose.TokenFault;

/** Signatures that are none, and keys that an attacker would like to be believed. */
class TokenKeyAttackTest extends TokenAttacks {

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

  @Test
  void aTokenOfOneIssuerIsNoneOfAnothersThoughItKnowsTheKey() {
    try (TestIssuer other = new TestIssuer()) {
      other.keys.add(TokenWorld.ecKey("ec"));
      world.enter(other);
      assertThat(fault(with("iss", other.url()))).isEqualTo(TokenFault.SIGNATURE);
    }
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
