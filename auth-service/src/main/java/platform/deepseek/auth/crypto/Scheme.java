package platform.deepseek.auth.crypto;

import java.util.function.BiPredicate;
import java.util.function.UnaryOperator;

/** A way to sign. Signatures of all of them have 64 bytes, as JWS writes them. */
interface Scheme {

  int SIGNATURE_BYTES = 64;

  /** A new key with its private part. */
  Jwk generate();

  /** From a message to its signature; safe for several threads. */
  UnaryOperator<byte[]> signer(Jwk key);

  /**
   * Whether a message has this signature; safe for several threads.
   *
   * @throws IllegalArgumentException when the key is no point of the curve
   */
  BiPredicate<byte[], byte[]> verifier(Jwk key);
}
