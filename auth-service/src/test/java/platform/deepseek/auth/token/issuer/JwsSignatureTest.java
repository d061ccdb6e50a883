package platform.deepseek.auth.token.issuer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.PublicKey;
import java.util.Base64;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.lang.JoseException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import platform.deepseek.auth.token.jose.RefusedToken;
import platform.deepseek.auth.token.jose.SignedToken;

/** The examples of RFC 7515, appendices A.2, A.3 and A.5. */
class JwsSignatureTest {

  private static final String PAYLOAD =
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
          + "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
  private static final String RS256 =
      "eyJhbGciOiJSUzI1NiJ9."
          + PAYLOAD
          + ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7"
          + "AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4"
          + "BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K"
          + "0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqv"
          + "hJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrB"
          + "p0igcN_IoypGlUPQGe77Rw";
  private static final String RSA_KEY =
      """
      {"kty":"RSA","e":"AQAB","n":"%s"}"""
          .formatted(
              "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp"
                  + "-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOW"
                  + "vG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUs"
                  + "LA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9k"
                  + "G4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2"
                  + "PAcDTW9gb54h4FRWyuXpoQ");
  private static final String ES256 =
      "eyJhbGciOiJFUzI1NiJ9."
          + PAYLOAD
          + ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSA"
          + "pmWQxfKTUJqPP3-Kg6NU1Q";
  private static final String EC_KEY =
      """
      {"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
       "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}""";

  private static PublicKey key(String jwk) throws JoseException {
    return PublicJsonWebKey.Factory.newPublicJwk(jwk).getPublicKey();
  }

  @Test
  void theExamplesAreSigned() throws JoseException {
    assertThat(JwsSignature.holds(SignedToken.parse(RS256), key(RSA_KEY))).isTrue();
    assertThat(JwsSignature.holds(SignedToken.parse(ES256), key(EC_KEY))).isTrue();
    assertThat(SignedToken.parse(ES256).claims().required("iss")).isEqualTo("joe");
  }

  @Test
  void eachBySomebodyElseIsNot() throws JoseException {
    assertThat(JwsSignature.holds(SignedToken.parse(RS256), key(EC_KEY))).isFalse();
    assertThat(JwsSignature.holds(SignedToken.parse(ES256), key(RSA_KEY))).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"0", "10", "20", "42", "63"})
  void aSignatureWithOneOtherBitIsNone(int at) throws JoseException {
    SignedToken token = SignedToken.parse(ES256);
    byte[] signature = token.signature().clone();
    signature[at] ^= 1;
    String text =
        ES256.substring(0, ES256.lastIndexOf('.') + 1)
            + Base64.getUrlEncoder().withoutPadding().encodeToString(signature);
    assertThat(JwsSignature.holds(SignedToken.parse(text), key(EC_KEY))).isFalse();
  }

  @Test
  void theExampleWithoutASignatureIsOfNoAlgorithmHere() {
    SignedToken unsigned = SignedToken.parse("eyJhbGciOiJub25lIn0." + PAYLOAD + ".");
    assertThat(Algorithm.of(unsigned.algorithm())).isEmpty();
    assertThatThrownBy(() -> SignedToken.parse("eyJhbGciOiJub25lIn0." + PAYLOAD))
        .isInstanceOf(RefusedToken.class);
  }
}
