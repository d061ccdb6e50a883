package platform.deepseek.auth.network;

import java.util.List;
import java.util.Optional;

/**
 * Who is believed when it says for whom it asks. The chain of {@code X-Forwarded-For} is read from
 * its end, where the nearest proxy wrote: as long as a trusted proxy speaks, the address it names
 * is taken; the first that is not a trusted proxy is the client. What the client itself wrote at
 * the beginning is never reached.
 */
public final class TrustedProxies {

  private static final int LONGEST_CHAIN = 32;

  private final AddressList proxies;

  public TrustedProxies(AddressList proxies) {
    this.proxies = proxies;
  }

  public boolean trusts(ClientAddress peer) {
    return proxies.contains(peer);
  }

  /**
   * Whose request it is.
   *
   * @param peer the other end of the connection
   * @param forwardedFor the values of all such headers, in their order
   * @return nothing when a trusted proxy passes on what is no address
   */
  public Optional<ClientAddress> client(ClientAddress peer, List<String> forwardedFor) {
    String[] chain =
        forwardedFor.isEmpty() ? new String[0] : String.join(",", forwardedFor).split(",", -1);
    if (chain.length > LONGEST_CHAIN) {
      return trusts(peer) ? Optional.empty() : Optional.of(peer);
    }
    ClientAddress nearest = peer;
    for (int i = chain.length - 1; i >= 0 && trusts(nearest); i--) {
      Optional<ClientAddress> named = ClientAddress.parse(chain[i].strip());
      if (named.isEmpty()) {
        return Optional.empty();
      }
      nearest = named.get();
    }
    return Optional.of(nearest);
  }
}
