package platform.deepseek.auth.token;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jose4j.json.JsonUtil;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.jwk.RsaJwkGenerator;
import org.jose4j.lang.JoseException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import platform.deepseek.auth.crypto.CryptoProfile;
import platform.deepseek.auth.identity.Verdict;
import platform.deepseek.auth.store.Engine;
import platform.deepseek.auth.token.jose.TokenFault;

/** Tokens as attackers make them, for an issuer that is known (RFC 8725 section 2). */
abstract class TokenAttacks {

  static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();

  static TokenWorld world;
  static TestIssuer issuer;
  static PublicJsonWebKey ec;
  static PublicJsonWebKey rsa;

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

  static Map<String, Object> claims() {
    return world.claims(issuer);
  }

  static String good() {
    return TokenWorld.sign(ec, "ES256", claims());
  }

  static String part(String json) {
    return BASE64.encodeToString(json.getBytes(StandardCharsets.UTF_8));
  }

  static String payload() {
    return JsonUtil.toJson(claims());
  }

  static Map<String, Object> without(String name) {
    Map<String, Object> claims = claims();
    claims.remove(name);
    return claims;
  }

  static Map<String, Object> with(String name, Object value) {
    Map<String, Object> claims = claims();
    claims.put(name, value);
    return claims;
  }

  static TokenFault fault(Map<String, Object> claims) {
    return world.fault(TokenWorld.sign(ec, "ES256", claims));
  }

  /** Any header over any bytes, with a signature that is right for them. */
  static String signedAsIs(String header, String payload) {
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
}
