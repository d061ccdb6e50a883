package platform.deepseek.auth.credential;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import platform.deepseek.auth.network.AddressList;
import platform.deepseek.auth.network.ClientAddress;

/**
 * What narrows a key below its role. An absent list is no restriction; an empty one lets nothing
 * through.
 *
 * @param models by the names that clients ask for
 */
public record Restrictions(
    Optional<List<String>> models, Optional<AddressList> addresses, Optional<Set<Scope>> scopes) {

  public static final Restrictions NONE =
      new Restrictions(Optional.empty(), Optional.empty(), Optional.empty());

  public Restrictions {
    models = models.map(List::copyOf);
    scopes = scopes.map(Set::copyOf);
  }

  /** The same with these scopes at most. */
  public Restrictions within(Set<Scope> most) {
    Set<Scope> left = new HashSet<>(most);
    scopes.ifPresent(left::retainAll);
    return new Restrictions(models, addresses, Optional.of(left));
  }

  public boolean allowModel(String model) {
    return models.isEmpty() || models.get().contains(model);
  }

  public boolean allowAddress(ClientAddress address) {
    return addresses.isEmpty() || addresses.get().contains(address);
  }

  public boolean allowScope(Scope scope) {
    return scopes.isEmpty() || scopes.get().contains(scope);
  }
}
