package platform.deepseek.auth.decision;

import java.util.Locale;

/**
 * Every way to be turned away. One constant is the {@code code} that is told and the label of the
 * metric {@code deepseek_auth_refusals_total}.
 */
public enum Refusal {
  MISSING_CREDENTIAL(401),
  INVALID_API_KEY(401),
  KEY_EXPIRED(401),
  KEY_REVOKED(401),
  ACCOUNT_DISABLED(403),
  ADDRESS_NOT_ALLOWED(403),
  UNKNOWN_URL(404),
  PERMISSION_DENIED(403),
  SCOPE_NOT_ALLOWED(403),
  SECOND_FACTOR_REQUIRED(401),
  MODEL_NOT_ALLOWED(403),
  BUDGET_EXHAUSTED(402),
  RATE_LIMIT_EXCEEDED(429),
  TOKEN_LIMIT_EXCEEDED(429),
  CONCURRENCY_LIMIT_EXCEEDED(429),
  AUTHORIZATION_UNAVAILABLE(503);

  private final int status;

  Refusal(int status) {
    this.status = status;
  }

  public int status() {
    return status;
  }

  public String code() {
    return name().toLowerCase(Locale.ROOT);
  }
}
