package platform.deepseek.auth.factor;

/**
 * A secret on its way into an authenticator app: shown once, and worth nothing until a first code
 * confirmed it.
 *
 * @param secret in base 32, to be typed
 * @param uri otpauth://, to be scanned as a QR code
 * @param sealed the secret as it is stored
 */
public record Enrolment(String user, String secret, String uri, byte[] sealed) {

  /** Never the secret. */
  @Override
  public String toString() {
    return "Enrolment[" + user + "]";
  }
}
