package platform.deepseek.auth.token.issuer;

/** An issuer does not answer, or not with what it has to, and nothing known of it will do. */
public final class IssuerUnavailable extends RuntimeException {

  private static final long serialVersionUID = 1;

  IssuerUnavailable(String message) {
    super(message);
  }

  IssuerUnavailable(String message, Throwable cause) {
    super(message, cause);
  }
}
