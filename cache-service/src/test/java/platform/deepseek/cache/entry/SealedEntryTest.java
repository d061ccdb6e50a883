package platform.deepseek.cache.entry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import platform.deepseek.cache.crypto.CryptoProfile;
import platform.deepseek.cache.crypto.DataKey;
import platform.deepseek.cache.crypto.DataKeys;
import platform.deepseek.cache.key.CacheKey;
import platform.deepseek.cache.key.Digests;

/** The form in which entries are kept. */
class SealedEntryTest {

  private static final Address ADDRESS = address("key", "tenant", "model");

  @ParameterizedTest
  @EnumSource(CryptoProfile.class)
  void whatWasSealedOpensAtItsPlace(CryptoProfile profile) throws DamagedEntry {
    DataKey key = DataKeys.of(profile, 1);
    for (int length : new int[] {2, 255, 256, 100_000}) {
      Entry entry = entry("x".repeat(length));
      byte[] sealed = SealedEntry.seal(ADDRESS, entry, key);
      SealedEntry parsed = SealedEntry.parse(sealed);
      assertThat(parsed.profile()).isEqualTo(profile);
      assertThat(parsed.isExpired(entry.expiresMillis() - 1)).isFalse();
      assertThat(parsed.isExpired(entry.expiresMillis())).isTrue();
      Entry opened = parsed.open(ADDRESS, key);
      assertThat(opened.json()).isEqualTo(entry.json());
      assertThat(opened.createdMillis()).isEqualTo(entry.createdMillis());
      assertThat(opened.computeMillis()).isEqualTo(1_310);
      assertThat(new String(sealed, StandardCharsets.ISO_8859_1)).doesNotContain("xx");
    }
  }

  @ParameterizedTest
  @EnumSource(CryptoProfile.class)
  void elsewhereItDoesNotOpen(CryptoProfile profile) throws DamagedEntry {
    DataKey key = DataKeys.of(profile, 1);
    SealedEntry sealed = SealedEntry.parse(SealedEntry.seal(ADDRESS, entry("{}"), key));
    for (Address other :
        new Address[] {
          address("other", "tenant", "model"),
          address("key", "other", "model"),
          address("key", "tenant", "other")
        }) {
      assertThatThrownBy(() -> sealed.open(other, key)).isInstanceOf(DamagedEntry.class);
    }
    assertThatThrownBy(() -> sealed.open(ADDRESS, DataKeys.of(profile, 2)))
        .isInstanceOf(DamagedEntry.class);
  }

  @Test
  void noByteOfItCanBeChanged() {
    DataKey key = DataKeys.of(CryptoProfile.STANDARD, 1);
    byte[] sealed = SealedEntry.seal(ADDRESS, entry("some answer ".repeat(50)), key);
    for (int i = 0; i < sealed.length; i++) {
      byte[] changed = sealed.clone();
      changed[i] ^= 1;
      assertThatThrownBy(() -> SealedEntry.parse(changed).open(ADDRESS, key))
          .as("byte %d", i)
          .isInstanceOf(DamagedEntry.class);
    }
  }

  @Test
  void whatIsNoEntryIsRefused() {
    DataKey key = DataKeys.of(CryptoProfile.STANDARD, 1);
    byte[] sealed = SealedEntry.seal(ADDRESS, entry("some answer ".repeat(50)), key);
    Random random = new Random(5);
    for (int i = 0; i < 2_000; i++) {
      byte[] bytes = Arrays.copyOf(sealed, random.nextInt(sealed.length));
      if (bytes.length > 0 && random.nextBoolean()) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      assertThatThrownBy(() -> SealedEntry.parse(bytes).open(ADDRESS, key))
          .isInstanceOf(DamagedEntry.class);
    }
  }

  @Test
  void anEntryOfTheFirstVersionOpens() throws IOException, DamagedEntry {
    byte[] golden;
    try (InputStream in = getClass().getResourceAsStream("/entry/version-1.hex")) {
      golden =
          HexFormat.of()
              .parseHex(
                  new String(in.readAllBytes(), StandardCharsets.US_ASCII).replaceAll("\\s", ""));
    }
    Entry entry = SealedEntry.parse(golden).open(ADDRESS, DataKeys.of(CryptoProfile.STANDARD, 1));
    assertThat(new String(entry.json(), StandardCharsets.UTF_8))
        .isEqualTo("{\"answer\":\"%s\"}".formatted("Paris. ".repeat(50)));
    assertThat(entry.createdMillis()).isEqualTo(1_795_000_000_000L);
  }

  private static Entry entry(String json) {
    return new Entry(
        1_795_000_000_000L, 1_795_086_400_000L, 1_310, json.getBytes(StandardCharsets.UTF_8));
  }

  private static Address address(String key, String owner, String model) {
    return new Address(
        CacheKey.of(Digests.sha256(key.getBytes(StandardCharsets.UTF_8))),
        owner,
        "weights",
        Digests.sha256(model.getBytes(StandardCharsets.UTF_8)));
  }
}
