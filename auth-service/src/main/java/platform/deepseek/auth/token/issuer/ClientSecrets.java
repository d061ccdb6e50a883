package platform.deepseek.auth.token.issuer;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import platform.deepseek.auth.crypto.KeyRing;
import platform.deepseek.auth.crypto.KeyRings;
import platform.deepseek.auth.crypto.SealedColumn;

/** Secrets that this service introduces itself with to issuers, sealed for one issuer each. */
public final class ClientSecrets {

  private static final String RING = "issuer-secrets";

  /** Those that are stored. */
  public static final SealedColumn SEALED =
      new SealedColumn(
          RING,
          "issuer",
          "id",
          "introspection_secret",
          SealedColumn.Form.BASE_64,
          row -> belongsTo(row.text("url")));

  private final KeyRing ring;

  public ClientSecrets(KeyRings rings) {
    this.ring = rings.ring(RING);
  }

  /** In base 64. */
  public String seal(String issuer, String secret) {
    return Base64.getEncoder()
        .encodeToString(ring.seal(secret.getBytes(StandardCharsets.UTF_8), belongsTo(issuer)));
  }

  String open(String issuer, String sealed) {
    return new String(
        ring.open(Base64.getDecoder().decode(sealed), belongsTo(issuer)), StandardCharsets.UTF_8);
  }

  private static byte[] belongsTo(String issuer) {
    return ("introspection-secret/" + issuer).getBytes(StandardCharsets.UTF_8);
  }
}
