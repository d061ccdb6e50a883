package platform.deepseek.auth.access;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import platform.deepseek.auth.credential.Scope;

/** What can be asked for. */
public enum Action {
  /** Ask a model, and whatever else costs computing. */
  GENERATE(Scope.INFERENCE),
  /** See which models there are, and one's own answers and balance. */
  LOOK(Scope.INFERENCE),
  /** Make a token out of one's key, and ask about tokens of one's own tenant. */
  USE_TOKENS(Scope.INFERENCE),
  READ_ISSUERS(Scope.ADMINISTRATION),
  WRITE_ISSUERS(Scope.ADMINISTRATION),
  /** Prove a second factor: all that an administrator may do before it is proven. */
  ELEVATE(Scope.ADMINISTRATION),
  READ_TENANTS(Scope.ADMINISTRATION),
  WRITE_TENANTS(Scope.ADMINISTRATION),
  READ_USERS(Scope.ADMINISTRATION),
  WRITE_USERS(Scope.ADMINISTRATION),
  READ_KEYS(Scope.ADMINISTRATION),
  WRITE_KEYS(Scope.ADMINISTRATION),
  READ_LIMITS(Scope.ADMINISTRATION),
  WRITE_LIMITS(Scope.ADMINISTRATION),
  READ_PRICES(Scope.ADMINISTRATION),
  WRITE_PRICES(Scope.ADMINISTRATION),
  /** What one's own tenant used. */
  READ_OWN_USAGE(Scope.USAGE),
  /** What everybody used. */
  READ_ALL_USAGE(Scope.USAGE),
  READ_AUDIT(Scope.AUDIT),
  /** See requests that the audits of tenants keep which asked for it. */
  READ_PROMPTS(Scope.AUDIT),
  /** Log pages and measurements behind the edge. */
  READ_LOGS(Scope.AUDIT),
  /** Tell who was shown a page that was found elsewhere. */
  TRACE_LEAKS(Scope.ADMINISTRATION);

  private final Scope scope;

  Action(Scope scope) {
    this.scope = scope;
  }

  /** That a narrowed key needs for it. */
  public Scope scope() {
    return scope;
  }

  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  static Optional<Action> of(String label) {
    return Stream.of(values()).filter(action -> action.label().equals(label)).findFirst();
  }
}
