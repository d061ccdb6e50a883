package platform.deepseek.auth.token;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.auth.identity.Verdict;
import platform.deepseek.auth.token.jose.TokenFault;

/** Well signed tokens that are somebody else's, of another time or for something else. */
class TokenClaimAttackTest extends TokenAttacks {

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
}
