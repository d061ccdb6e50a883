package platform.deepseek.auth.crypto;

import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.util.function.BiPredicate;
import java.util.function.UnaryOperator;

/**
 * A signature algorithm of the JDK, with keys that are known to be its own.
 *
 * @param name as the JDK has it
 */
record JdkSignature(String name) {

  UnaryOperator<byte[]> signer(PrivateKey key) {
    return message -> {
      try {
        Signature signature = Signature.getInstance(name);
        signature.initSign(key);
        signature.update(message);
        return signature.sign();
      } catch (GeneralSecurityException e) {
        throw new AssertionError("a key that was accepted signs", e);
      }
    };
  }

  BiPredicate<byte[], byte[]> verifier(PublicKey key) {
    return (message, bytes) -> {
      try {
        Signature signature = Signature.getInstance(name);
        signature.initVerify(key);
        signature.update(message);
        return signature.verify(bytes);
      } catch (SignatureException e) {
        return false; // it is not even written like a signature
      } catch (GeneralSecurityException e) {
        throw new AssertionError("a key that was accepted verifies", e);
      }
    };
  }
}
