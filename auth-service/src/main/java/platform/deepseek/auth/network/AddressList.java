package platform.deepseek.auth.network;

import inet.ipaddr.IPAddress;
import inet.ipaddr.IPAddressString;
import inet.ipaddr.ipv4.IPv4Address;
import inet.ipaddr.ipv4.IPv4AddressTrie;
import inet.ipaddr.ipv6.IPv6AddressTrie;
import java.util.Collection;
import java.util.List;

/** Addresses and prefixes of both families, such as {@code 10.0.0.0/8} and {@code fd00::/8}. */
public final class AddressList {

  private static final int IPV4_BITS_IN_IPV6 = 96;

  private final List<String> texts;
  private final IPv4AddressTrie v4 = new IPv4AddressTrie();
  private final IPv6AddressTrie v6 = new IPv6AddressTrie();

  private AddressList(List<String> texts) {
    this.texts = texts;
  }

  /**
   * @throws IllegalArgumentException with a sentence for the person who wrote the list
   */
  public static AddressList of(Collection<String> texts) {
    AddressList list = new AddressList(List.copyOf(texts));
    texts.forEach(list::add);
    return list;
  }

  private void add(String text) {
    IPAddress block =
        ClientAddress.isPlain(text)
            ? new IPAddressString(text, ClientAddress.STRICT).getAddress()
            : null;
    if (block == null) {
      throw new IllegalArgumentException(
          "'%s' is neither an address nor a prefix such as 10.0.0.0/8 or fd00::/8".formatted(text));
    }
    IPAddress whole = block.isPrefixed() ? block.toPrefixBlock() : block;
    if (block.isPrefixed() && !whole.getLower().equals(block.getLower().withoutPrefixLength())) {
      throw new IllegalArgumentException(
          "'%s' has bits set behind its prefix; write %s"
              .formatted(text, whole.toCanonicalString()));
    }
    if (whole.isIPv6() && isMapped(whole)) {
      v4.add(mapped(whole));
    } else if (whole.isIPv4()) {
      v4.add(whole.toIPv4());
    } else {
      v6.add(whole.toIPv6());
    }
  }

  private static boolean isMapped(IPAddress block) {
    return block.getLower().toIPv6().isIPv4Mapped()
        && (block.getPrefixLength() == null || block.getPrefixLength() >= IPV4_BITS_IN_IPV6);
  }

  private static IPv4Address mapped(IPAddress block) {
    IPv4Address lowest = block.getLower().toIPv6().getEmbeddedIPv4Address().withoutPrefixLength();
    return block.getPrefixLength() == null
        ? lowest
        : lowest.toPrefixBlock(block.getPrefixLength() - IPV4_BITS_IN_IPV6);
  }

  public boolean contains(ClientAddress client) {
    IPAddress address = client.address();
    return address.isIPv4()
        ? v4.elementContains(address.toIPv4())
        : v6.elementContains(address.toIPv6());
  }

  public boolean isEmpty() {
    return texts.isEmpty();
  }

  /** As it was written. */
  public List<String> texts() {
    return texts;
  }
}
