package platform.deepseek.auth.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressTest {

  private static final AddressList LIST =
      AddressList.of(
          List.of("10.0.0.0/8", "192.168.7.9", "fd00::/8", "2001:db8::1", "::ffff:172.16.0.0/108"));

  @ParameterizedTest
  @CsvSource({
    "10.0.0.0, true", "10.255.255.255, true", "11.0.0.0, false", "9.255.255.255, false",
    "192.168.7.9, true", "192.168.7.8, false", "::ffff:10.1.2.3, true", "::ffff:11.1.2.3, false",
    "fd12:3456::1, true", "fe80::1, false", "2001:db8::1, true", "2001:DB8:0:0::1, true",
    "2001:db8::2, false", "172.31.0.1, true", "172.32.0.1, false", "::10.1.2.3, false"
  })
  void aListHoldsItsAddressesAndPrefixes(String address, boolean held) {
    assertThat(LIST.contains(ClientAddress.parse(address).orElseThrow())).isEqualTo(held);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "*",
        "10.0.0.*",
        "10.0.0.1-9",
        "10.0.0.1/8",
        "127.1",
        "0x7f.0.0.1",
        "010.0.0.1",
        "2130706433",
        "fe80::1%eth0",
        "localhost",
        "10.0.0.1:80",
        "[::1]",
        "10.0.0.256",
        "1.2.3",
        " 10.0.0.1",
        "1.2.3.4.5",
        "::1::",
        "１０.0.0.1"
      })
  void whatCouldBeReadInTwoWaysIsNoAddress(String text) {
    assertThat(ClientAddress.parse(text)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "10.0.0.1/8",
        "fd00::1/8",
        "10.0.0.0/33",
        "10.0.0.*",
        "all",
        "",
        "10.0.0.0/255.0.0.0"
      })
  void aListSaysWhatItCannotRead(String text) {
    assertThatThrownBy(() -> AddressList.of(List.of(text)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + text + "'");
  }

  @Test
  void loopbackIsKnownInBothFamiliesAndMapped() {
    for (String text : List.of("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1")) {
      assertThat(ClientAddress.parse(text).orElseThrow().isLoopback()).as(text).isTrue();
    }
    assertThat(ClientAddress.parse("10.0.0.1").orElseThrow().isLoopback()).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "203.0.113.9 |                                       | 203.0.113.9",
        "203.0.113.9 | 198.51.100.1                          | 203.0.113.9",
        "10.0.0.1    |                                       | 10.0.0.1",
        "10.0.0.1    | 198.51.100.1                          | 198.51.100.1",
        "10.0.0.1    | 127.0.0.1, 198.51.100.1               | 198.51.100.1",
        "10.0.0.1    | 198.51.100.1, 10.0.0.2                | 198.51.100.1",
        "10.0.0.1    | 192.0.2.7, 198.51.100.1, 10.0.0.2     | 198.51.100.1",
        "10.0.0.1    | 10.0.0.3, 10.0.0.2                    | 10.0.0.3",
        "10.0.0.1    | nonsense, 198.51.100.1                | 198.51.100.1",
        "10.0.0.1    | 198.51.100.1, nonsense                | ",
        "10.0.0.1    | 198.51.100.1,                         | ",
        "::ffff:10.0.0.1 | 2001:db8::5                       | 2001:db8::5"
      })
  void theClientIsTheFirstThatIsNoTrustedProxy(String peer, String chain, String client) {
    TrustedProxies proxies = new TrustedProxies(AddressList.of(List.of("10.0.0.0/8")));
    assertThat(
            proxies
                .client(
                    ClientAddress.parse(peer).orElseThrow(),
                    chain == null ? List.of() : List.of(chain))
                .map(ClientAddress::toString)
                .orElse(null))
        .isEqualTo(client);
  }

  @Test
  void withoutTrustedProxiesNobodyIsBelieved() {
    TrustedProxies nobody = new TrustedProxies(AddressList.of(List.of()));
    ClientAddress peer = ClientAddress.parse("127.0.0.1").orElseThrow();
    assertThat(nobody.client(peer, List.of("10.1.1.1", "10.2.2.2"))).contains(peer);
  }

  @Test
  void anAddressReadQuicklyIsTheOneThatIsReadWithCare() {
    Random random = new Random(4);
    for (int i = 0; i < 2_000; i++) {
      String text =
          "%d.%d.%d.%d"
              .formatted(
                  random.nextInt(256), random.nextInt(256), random.nextInt(3), random.nextInt(256));
      ClientAddress quick = ClientAddress.parse(text).orElseThrow();
      ClientAddress mapped = ClientAddress.parse("::ffff:" + text).orElseThrow();
      assertThat(quick).isEqualTo(mapped).hasSameHashCodeAs(mapped).hasToString(text);
      assertThat(quick.network()).isEqualTo(text);
    }
    for (String text :
        new String[] {
          "1.2.3", "1.2.3.", ".1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.04", "1..2.3"
        }) {
      assertThat(ClientAddress.parse(text)).as(text).isEmpty();
    }
  }
}
