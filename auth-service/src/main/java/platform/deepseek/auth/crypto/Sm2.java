package platform.deepseek.auth.crypto;

import java.math.BigInteger;
import java.security.SecureRandom;
import java.util.function.BiPredicate;
import java.util.function.UnaryOperator;
import org.bouncycastle.asn1.gm.GMNamedCurves;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.crypto.AsymmetricCipherKeyPair;
import org.bouncycastle.crypto.CryptoException;
import org.bouncycastle.crypto.generators.ECKeyPairGenerator;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECKeyGenerationParameters;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.params.ParametersWithRandom;
import org.bouncycastle.crypto.signers.PlainDSAEncoding;
import org.bouncycastle.crypto.signers.SM2Signer;
import org.bouncycastle.math.ec.ECPoint;

/** GB/T 32918.2 and .5, by Bouncy Castle: with SM3 and the identity that GB/T 35276 prescribes. */
final class Sm2 implements Scheme {

  private static final int BYTES = 32;
  private static final ECDomainParameters DOMAIN = domain();

  private static ECDomainParameters domain() {
    X9ECParameters curve = GMNamedCurves.getByName("sm2p256v1");
    return new ECDomainParameters(curve.getCurve(), curve.getG(), curve.getN(), curve.getH());
  }

  @Override
  public Jwk generate() {
    ECKeyPairGenerator generator = new ECKeyPairGenerator();
    generator.init(new ECKeyGenerationParameters(DOMAIN, new SecureRandom()));
    AsymmetricCipherKeyPair pair = generator.generateKeyPair();
    ECPoint point = ((ECPublicKeyParameters) pair.getPublic()).getQ().normalize();
    return new Jwk(
        SignatureAlgorithm.SM2,
        point.getAffineXCoord().getEncoded(),
        point.getAffineYCoord().getEncoded(),
        UnsignedBytes.of(((ECPrivateKeyParameters) pair.getPrivate()).getD(), BYTES));
  }

  @Override
  public UnaryOperator<byte[]> signer(Jwk key) {
    return signer(key, new SecureRandom());
  }

  /**
   * @param random gives the ephemeral number of each signature
   */
  static UnaryOperator<byte[]> signer(Jwk key, SecureRandom random) {
    var secret = new ECPrivateKeyParameters(new BigInteger(1, key.d()), DOMAIN);
    return message -> {
      SM2Signer signer = new SM2Signer(PlainDSAEncoding.INSTANCE);
      signer.init(true, new ParametersWithRandom(secret, random));
      signer.update(message, 0, message.length);
      try {
        return signer.generateSignature();
      } catch (CryptoException e) {
        throw new AssertionError("a key that was accepted signs", e);
      }
    };
  }

  @Override
  public BiPredicate<byte[], byte[]> verifier(Jwk key) {
    ECPoint point =
        DOMAIN.getCurve().createPoint(new BigInteger(1, key.x()), new BigInteger(1, key.y()));
    if (!point.isValid()) {
      throw new IllegalArgumentException("the key is no point of SM2's curve");
    }
    ECPublicKeyParameters known = new ECPublicKeyParameters(point, DOMAIN);
    return (message, signature) -> {
      SM2Signer signer = new SM2Signer(PlainDSAEncoding.INSTANCE);
      signer.init(false, known);
      signer.update(message, 0, message.length);
      return signer.verifySignature(signature);
    };
  }
}
