package platform.deepseek.operator.question;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Trusts one certificate and no other, whatever name it is for: who holds its key is who is meant.
 */
final class PinnedCertificate extends X509ExtendedTrustManager {

  private final X509Certificate known;

  private PinnedCertificate(X509Certificate known) {
    this.known = known;
  }

  /** A context that trusts the first certificate of a PEM file. */
  static SSLContext context(Path file) throws IOException, GeneralSecurityException {
    try (var content = Files.newInputStream(file)) {
      var known =
          (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(content);
      var context = SSLContext.getInstance("TLSv1.3");
      context.init(null, new TrustManager[] {new PinnedCertificate(known)}, null);
      return context;
    }
  }

  private void require(X509Certificate[] chain) throws CertificateException {
    known.checkValidity();
    if (chain.length == 0 || !chain[0].equals(known)) {
      throw new CertificateException("the server shows another certificate than the one given");
    }
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    require(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    require(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
    require(chain);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    throw new CertificateException("clients are not looked at here");
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    throw new CertificateException("clients are not looked at here");
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
    throw new CertificateException("clients are not looked at here");
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[] {known};
  }
}
