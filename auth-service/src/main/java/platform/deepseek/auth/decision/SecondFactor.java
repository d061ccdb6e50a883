package platform.deepseek.auth.decision;

import platform.deepseek.auth.identity.Identity;
import platform.deepseek.auth.network.ClientAddress;

/** Whether somebody has shown enough for a role that needs more than a key. */
@FunctionalInterface
public interface SecondFactor {

  boolean satisfied(Identity identity, ClientAddress client);
}
