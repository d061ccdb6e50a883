package platform.deepseek.auth.token.jose;

/** A token is worth nothing. It carries no stack trace: anybody can make it happen. */
public final class RefusedToken extends RuntimeException {

  private static final long serialVersionUID = 1;

  private final TokenFault fault;

  public RefusedToken(TokenFault fault) {
    super(fault.label(), null, false, false);
    this.fault = fault;
  }

  public TokenFault fault() {
    return fault;
  }
}
