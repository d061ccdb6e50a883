package platform.deepseek.auth.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import org.bouncycastle.crypto.engines.SM4Engine;
import org.bouncycastle.crypto.params.KeyParameter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The examples of the standards. */
class KnownAnswerTest {

  private static final String ED25519 =
      """
      {"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
       "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}""";
  private static final String P256 =
      """
      {"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
       "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
       "d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}""";

  /** RFC 8037, appendices A.3 and A.4. */
  @Test
  void ed25519SignsTheJwsOfRfc8037() {
    SigningKey key = SigningKey.ofJwk(ED25519);
    byte[] input = ascii("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc");
    byte[] signature =
        base64(
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
    assertThat(key.kid()).isEqualTo("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    assertThat(key.sign(input)).isEqualTo(signature);
    assertThat(key.verifier().verify(input, signature)).isTrue();
  }

  /** RFC 7515, appendix A.3. */
  @Test
  void es256VerifiesTheJwsOfRfc7515() {
    SigningKey key = SigningKey.ofJwk(P256);
    byte[] input =
        ascii(
            "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
                + "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ");
    assertThat(
            key.verifier()
                .verify(
                    input,
                    base64(
                        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3"
                            + "-Kg6NU1Q")))
        .isTrue();
    assertThat(key.verifier().verify(input, key.sign(input))).isTrue();
  }

  /** RFC 6979, appendix A.2.5, with SHA-256. */
  @Test
  void es256VerifiesTheSampleOfRfc6979() {
    Verifier key =
        Verifier.ofJwk(
            new Jwk(
                    SignatureAlgorithm.ES256,
                    hex("60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"),
                    hex("7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299"),
                    Jwk.NONE)
                .json());
    byte[] signature =
        hex(
            "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
                + "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8");
    assertThat(key.verify(ascii("sample"), signature)).isTrue();
    assertThat(key.verify(ascii("simple"), signature)).isFalse();
  }

  /** GB/T 32918.5, appendix A.2. */
  @Test
  void sm2SignsTheExampleOfGbt32918() {
    Jwk key =
        new Jwk(
            SignatureAlgorithm.SM2,
            hex("09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"),
            hex("CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"),
            hex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8"));
    byte[] signature =
        hex(
            "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
                + "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA");
    byte[] ephemeral = hex("59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21");
    byte[] message = ascii("message digest");
    assertThat(Sm2.signer(key, new Fixed(ephemeral)).apply(message)).isEqualTo(signature);
    assertThat(Verifier.ofJwk(key.json()).verify(message, signature)).isTrue();
  }

  /** GB/T 32905, appendix A. */
  @Test
  void sm3HashesTheExamplesOfGbt32905() {
    assertThat(Digest.SM3.of(ascii("abc")))
        .isEqualTo(hex("66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"));
    assertThat(Digest.SM3.of(ascii("abcd".repeat(15)), ascii("abcd")))
        .isEqualTo(hex("debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"));
  }

  /** GB/T 32907, appendix A.1: the cipher below SM4-GCM. */
  @Test
  void sm4EncryptsTheBlockOfGbt32907() {
    byte[] block = hex("0123456789abcdeffedcba9876543210");
    SM4Engine engine = new SM4Engine();
    engine.init(true, new KeyParameter(block));
    byte[] encrypted = new byte[block.length];
    engine.processBlock(block, 0, encrypted, 0);
    assertThat(encrypted).isEqualTo(hex("681edf34d206965e86b3e94f536e4246"));
  }

  /** RFC 8998, appendix A.1. */
  @Test
  void sm4GcmSealsTheExampleOfRfc8998() {
    assertThat(
            SealingCipher.SM4_GCM.encrypt(
                hex("0123456789ABCDEFFEDCBA9876543210"),
                hex("00001234567800000000ABCD"),
                hex("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2"),
                hex(
                    "AAAAAAAAAAAAAAAABBBBBBBBBBBBBBBBCCCCCCCCCCCCCCCCDDDDDDDDDDDDDDDD"
                        + "EEEEEEEEEEEEEEEEFFFFFFFFFFFFFFFFEEEEEEEEEEEEEEEEAAAAAAAAAAAAAAAA")))
        .isEqualTo(
            hex(
                "17F399F08C67D5EE19D0DC9969C4BB7D5FD46FD3756489069157B282BB200735"
                    + "D82710CA5C22F0CCFA7CBF93D496AC15A56834CBCF98C397B4024A2691233B8D"
                    + "83DE3541E4C2B58177E065A9BF7B62EC"));
  }

  /** Test case 16 of McGrew and Viega's submission of GCM to NIST. */
  @Test
  void aesGcmSealsTheExampleOfNist() {
    assertThat(
            SealingCipher.AES_256_GCM.encrypt(
                hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"),
                hex("cafebabefacedbaddecaf888"),
                hex("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
                hex(
                    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                        + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39")))
        .isEqualTo(
            hex(
                "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                    + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
                    + "76fc6ece0f4e1768cddf8853bb2d551b"));
  }

  @ParameterizedTest
  @EnumSource
  void aKeyComesBackAsItWas(SignatureAlgorithm algorithm) {
    SigningKey key = SigningKey.generate(algorithm);
    SigningKey again = SigningKey.ofJwk(key.privateJwk());
    byte[] signature = again.sign(ascii("text"));
    assertThat(signature).hasSize(64);
    assertThat(again.kid()).isEqualTo(key.kid());
    assertThat(key.publicJwk()).doesNotContain("\"d\"").contains("\"kid\":\"" + key.kid());
    assertThat(Verifier.ofJwk(key.publicJwk()).verify(ascii("text"), signature)).isTrue();
    for (int bit = 0; bit < 512; bit++) {
      byte[] damaged = signature.clone();
      damaged[bit / 8] ^= (byte) (1 << bit % 8);
      assertThat(key.verifier().verify(ascii("text"), damaged)).as("bit %d", bit).isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "none",
        "{}",
        "{\"kty\":\"oct\",\"k\":\"AAAA\"}",
        "{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}",
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAA\"}",
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
            + "\"y\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"}",
        "{\"kty\":\"EC\",\"crv\":\"SM2\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
            + "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}"
      })
  void whatIsNoKeyIsNoVerifier(String jwk) {
    assertThatThrownBy(() -> Verifier.ofJwk(jwk)).isInstanceOf(IllegalArgumentException.class);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] hex(String text) {
    return HexFormat.of().parseHex(text);
  }

  private static byte[] base64(String text) {
    return Base64.getUrlDecoder().decode(text);
  }

  /** Gives the one number that the example was computed with. */
  private static final class Fixed extends SecureRandom {
    private static final long serialVersionUID = 1;
    private final byte[] number;

    Fixed(byte[] number) {
      this.number = number;
    }

    @Override
    public void nextBytes(byte[] bytes) {
      System.arraycopy(number, 0, bytes, 0, bytes.length);
    }
  }
}
