package platform.deepseek.auth.audit;

/**
 * An event cannot be written, so what it tells of is not done. Whoever asked for it is told 503.
 */
public final class AuditUnavailable extends RuntimeException {

  private static final long serialVersionUID = 1;

  AuditUnavailable(String message) {
    super(message, null, false, false);
  }
}
