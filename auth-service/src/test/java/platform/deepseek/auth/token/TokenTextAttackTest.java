package platform.deepseek.auth.token;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.auth.identity.Verdict;
import platform.deepseek.auth.token.jose.TokenFault;

/** Texts with two readings, or with more to read than anybody should. */
class TokenTextAttackTest extends TokenAttacks {

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
}
