package platform.deepseek.auth.crypto;

import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECFieldFp;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPrivateKeySpec;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.EllipticCurve;
import java.util.function.BiPredicate;
import java.util.function.UnaryOperator;

/** FIPS 186-5 ECDSA on P-256 with SHA-256, by the JDK. */
final class EcdsaP256 implements Scheme {

  private static final String NAME = "SHA256withECDSAinP1363Format";
  private static final String CURVE = "secp256r1";
  private static final int BYTES = 32;

  @Override
  public Jwk generate() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec(CURVE));
      KeyPair pair = generator.generateKeyPair();
      ECPoint point = ((ECPublicKey) pair.getPublic()).getW();
      return new Jwk(
          SignatureAlgorithm.ES256,
          UnsignedBytes.of(point.getAffineX(), BYTES),
          UnsignedBytes.of(point.getAffineY(), BYTES),
          UnsignedBytes.of(((ECPrivateKey) pair.getPrivate()).getS(), BYTES));
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every JDK has P-256", e);
    }
  }

  @Override
  public UnaryOperator<byte[]> signer(Jwk key) {
    try {
      PrivateKey secret =
          KeyFactory.getInstance("EC")
              .generatePrivate(new ECPrivateKeySpec(new BigInteger(1, key.d()), parameters()));
      return new JdkSignature(NAME).signer(secret);
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("the key is none of P-256", e);
    }
  }

  @Override
  public BiPredicate<byte[], byte[]> verifier(Jwk key) {
    try {
      ECParameterSpec parameters = parameters();
      ECPoint point = new ECPoint(new BigInteger(1, key.x()), new BigInteger(1, key.y()));
      requireOnCurve(point, parameters.getCurve());
      PublicKey known =
          KeyFactory.getInstance("EC").generatePublic(new ECPublicKeySpec(point, parameters));
      return new JdkSignature(NAME).verifier(known);
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("the key is none of P-256", e);
    }
  }

  private static ECParameterSpec parameters() throws GeneralSecurityException {
    AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
    parameters.init(new ECGenParameterSpec(CURVE));
    return parameters.getParameterSpec(ECParameterSpec.class);
  }

  /** The JDK's key factory takes any two numbers for a point. */
  private static void requireOnCurve(ECPoint point, EllipticCurve curve) {
    BigInteger p = ((ECFieldFp) curve.getField()).getP();
    BigInteger x = point.getAffineX();
    BigInteger y = point.getAffineY();
    BigInteger right = x.pow(3).add(curve.getA().multiply(x)).add(curve.getB());
    if (x.compareTo(p) >= 0
        || y.compareTo(p) >= 0
        || y.pow(2).subtract(right).mod(p).signum() != 0) {
      throw new IllegalArgumentException("the key is no point of P-256");
    }
  }
}
