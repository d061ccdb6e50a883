package platform.deepseek.auth.admin;

import jakarta.ws.rs.container.ContainerRequestContext;
import platform.deepseek.auth.identity.Identity;
import platform.deepseek.auth.network.ClientAddress;

/** Whom {@link AdminGuard} let in, and from where. */
record Caller(Identity identity, ClientAddress client) {

  private static final String PROPERTY = Caller.class.getName();

  static Caller of(ContainerRequestContext context) {
    return (Caller) context.getProperty(PROPERTY);
  }

  void keepIn(ContainerRequestContext context) {
    context.setProperty(PROPERTY, this);
  }
}
