package platform.deepseek.auth.crypto;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.EdECPrivateKey;
import java.security.interfaces.EdECPublicKey;
import java.security.spec.EdECPoint;
import java.security.spec.EdECPrivateKeySpec;
import java.security.spec.EdECPublicKeySpec;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.NamedParameterSpec;
import java.util.function.BiPredicate;
import java.util.function.UnaryOperator;

/** RFC 8032, by the JDK. */
final class Ed25519 implements Scheme {

  private static final String NAME = "Ed25519";
  private static final int BYTES = 32;

  @Override
  public Jwk generate() {
    try {
      KeyPair pair = KeyPairGenerator.getInstance(NAME).generateKeyPair();
      byte[] seed = ((EdECPrivateKey) pair.getPrivate()).getBytes().orElseThrow();
      return new Jwk(
          SignatureAlgorithm.EDDSA,
          encoded(((EdECPublicKey) pair.getPublic()).getPoint()),
          Jwk.NONE,
          seed);
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every JDK has " + NAME, e);
    }
  }

  @Override
  public UnaryOperator<byte[]> signer(Jwk key) {
    try {
      PrivateKey secret =
          KeyFactory.getInstance(NAME)
              .generatePrivate(new EdECPrivateKeySpec(NamedParameterSpec.ED25519, key.d()));
      return new JdkSignature(NAME).signer(secret);
    } catch (GeneralSecurityException e) {
      throw new AssertionError("any 32 bytes are a key of " + NAME, e);
    }
  }

  @Override
  public BiPredicate<byte[], byte[]> verifier(Jwk key) {
    try {
      PublicKey known =
          KeyFactory.getInstance(NAME)
              .generatePublic(new EdECPublicKeySpec(NamedParameterSpec.ED25519, point(key.x())));
      Signature.getInstance(NAME).initVerify(known); // refuses what is no point of the curve
      return new JdkSignature(NAME).verifier(known);
    } catch (InvalidKeySpecException | InvalidKeyException e) {
      throw new IllegalArgumentException("the key is no point of " + NAME, e);
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every JDK has " + NAME, e);
    }
  }

  /** Little endian, the sign of x in the highest bit. */
  private static EdECPoint point(byte[] encoded) {
    byte[] bytes = reversed(encoded);
    boolean odd = bytes[0] < 0;
    bytes[0] &= 0x7f;
    return new EdECPoint(odd, new BigInteger(1, bytes));
  }

  private static byte[] encoded(EdECPoint point) {
    byte[] bytes = reversed(UnsignedBytes.of(point.getY(), BYTES));
    if (point.isXOdd()) {
      bytes[BYTES - 1] |= (byte) 0x80;
    }
    return bytes;
  }

  private static byte[] reversed(byte[] bytes) {
    byte[] reversed = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      reversed[i] = bytes[bytes.length - 1 - i];
    }
    return reversed;
  }
}
