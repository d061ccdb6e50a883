package platform.deepseek.auth.token.issuer;

import java.security.PublicKey;
import org.jose4j.jwa.AlgorithmConstraints;
import org.jose4j.jwa.AlgorithmConstraints.ConstraintType;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.lang.JoseException;
import platform.deepseek.auth.token.jose.SignedToken;

/** Whether a token bears the signature of a key (RFC 7515 section 5.2). */
final class JwsSignature {

  private JwsSignature() {}

  /** No, too, for a key of another kind than the algorithm's, or one that is too short. */
  static boolean holds(SignedToken token, PublicKey key) {
    JsonWebSignature signature = new JsonWebSignature();
    signature.setAlgorithmConstraints(
        new AlgorithmConstraints(ConstraintType.PERMIT, token.algorithm()));
    try {
      signature.setCompactSerialization(token.text());
      signature.setKey(key);
      return signature.verifySignature();
    } catch (JoseException e) {
      return false;
    }
  }
}
