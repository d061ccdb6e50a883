package platform.deepseek.auth.identity;

import java.util.List;
import java.util.Optional;
import platform.deepseek.auth.audit.Actor;
import platform.deepseek.auth.credential.Restrictions;
import platform.deepseek.auth.credential.Role;
import platform.deepseek.auth.limit.Bound;
import platform.deepseek.auth.usage.Account;
import platform.deepseek.auth.usage.PriceList;

/**
 * Somebody who has proven who they are, and all that their requests are judged by.
 *
 * @param credential public name of what was shown: the id of a key, or {@code token:} and the id of
 *     the user that an identity provider vouches for
 * @param account that usage is written to
 * @param user id, where the credential is a person's
 * @param assurance how they proved it, where an identity provider says so
 * @param treatment by those who answer
 * @param bounds that every request has to pass, the platform's first; none without limits
 */
public record Identity(
    String credential,
    Account account,
    Optional<String> user,
    Role role,
    Restrictions restrictions,
    Assurance assurance,
    Treatment treatment,
    List<Bound> bounds,
    PriceList prices) {

  public Identity {
    bounds = List.copyOf(bounds);
  }

  public String tenant() {
    return account.tenant();
  }

  /** As the audit names them. */
  public Actor actor() {
    return new Actor(account.tenant(), user.orElse(""), credential, role.label());
  }

  /** The same, proven like this. */
  public Identity with(Assurance proof) {
    return new Identity(
        credential, account, user, role, restrictions, proof, treatment, bounds, prices);
  }

  /** The same, narrowed. */
  public Identity with(Restrictions narrower) {
    return new Identity(
        credential, account, user, role, narrower, assurance, treatment, bounds, prices);
  }
}
