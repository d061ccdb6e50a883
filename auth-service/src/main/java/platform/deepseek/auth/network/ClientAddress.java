package platform.deepseek.auth.network;

import inet.ipaddr.AddressStringParameters.RangeParameters;
import inet.ipaddr.IPAddress;
import inet.ipaddr.IPAddressString;
import inet.ipaddr.IPAddressStringParameters;
import inet.ipaddr.ipv4.IPv4Address;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * One address of one machine. An IPv4 address inside IPv6 ({@code ::ffff:10.0.0.1}) is the IPv4
 * address, so that it cannot slip past a list. Zones and the abbreviations of {@code inet_aton}
 * ({@code 127.1}, {@code 0x7f.1}) are refused: two readers would read two machines.
 */
public final class ClientAddress {

  static final IPAddressStringParameters STRICT =
      new IPAddressStringParameters.Builder()
          .allowEmpty(false)
          .allowAll(false)
          .allowSingleSegment(false)
          .allowWildcardedSeparator(false)
          .allowMask(false)
          .setRangeOptions(RangeParameters.NO_RANGE)
          .getIPv4AddressParametersBuilder()
          .allow_inet_aton(false)
          .allowLeadingZeros(false)
          .allowUnlimitedLeadingZeros(false)
          .allowBinary(false)
          .getParentBuilder()
          .getIPv6AddressParametersBuilder()
          .allowZone(false)
          .allowBase85(false)
          .allowBinary(false)
          .getParentBuilder()
          .toParams();

  private static final int LONGEST = 64;
  private static final int NETWORK_BITS = 64;

  private final IPAddress address;

  private ClientAddress(IPAddress address) {
    this.address = address;
  }

  public static Optional<ClientAddress> parse(String text) {
    OptionalInt dotted = dotted(text);
    if (dotted.isPresent()) {
      return Optional.of(new ClientAddress(new IPv4Address(dotted.getAsInt())));
    }
    if (text.indexOf('/') >= 0 || !isPlain(text)) {
      return Optional.empty();
    }
    IPAddress parsed = new IPAddressString(text, STRICT).getAddress();
    return parsed == null || parsed.isMultiple()
        ? Optional.empty()
        : Optional.of(new ClientAddress(plain(parsed)));
  }

  /** The form that nearly all addresses have, read without the library's ado: 203.0.113.9. */
  private static OptionalInt dotted(String text) {
    int value = 0;
    int part = -1;
    int dots = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '.' && part >= 0) {
        value = value << 8 | part;
        part = -1;
        dots++;
      } else if (c >= '0' && c <= '9' && part != 0) { // no zero leads
        part = Math.max(part, 0) * 10 + c - '0';
      } else {
        return OptionalInt.empty();
      }
      if (part > 255 || dots > 3) {
        return OptionalInt.empty();
      }
    }
    return dots == 3 && part >= 0 ? OptionalInt.of(value << 8 | part) : OptionalInt.empty();
  }

  /** Whether it is short and has only the characters of addresses and prefixes: no blanks. */
  static boolean isPlain(String text) {
    return !text.isEmpty()
        && text.length() <= LONGEST
        && text.chars().allMatch(c -> "0123456789abcdefABCDEF.:/".indexOf(c) >= 0);
  }

  /** IPv4 in IPv6's clothes is IPv4. */
  static IPAddress plain(IPAddress address) {
    return address.isIPv6() && address.toIPv6().isIPv4Mapped()
        ? address.toIPv6().getEmbeddedIPv4Address()
        : address;
  }

  public boolean isLoopback() {
    return address.isLoopback();
  }

  /**
   * Whose address it is likely to be: an IPv4 address, or the /64 of an IPv6 address, of which one
   * machine has as many as it likes.
   */
  public String network() {
    return address.isIPv6()
        ? address.toPrefixBlock(NETWORK_BITS).toCanonicalString()
        : address.toCanonicalString();
  }

  IPAddress address() {
    return address;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ClientAddress that && that.address.equals(address);
  }

  @Override
  public int hashCode() {
    return address.hashCode();
  }

  @Override
  public String toString() {
    return address.toCanonicalString();
  }
}
