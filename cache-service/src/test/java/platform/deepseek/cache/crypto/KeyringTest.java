package platform.deepseek.cache.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The data keys of tenants. */
class KeyringTest {

  private static final byte[] NONCE = new byte[DataKey.NONCE_BYTES];
  private static final byte[] TEXT = {1, 2, 3};

  @TempDir Path folder;
  private final AtomicLong now =
      new AtomicLong(Instant.parse("2026-11-22T12:00:00Z").toEpochMilli());
  private final Map<String, Long> purged = new ConcurrentHashMap<>();

  @Test
  void theSameTenantHasTheSameKeyAfterARestartAndAnotherHasAnother() {
    byte[] sealed = seal(keyring("a"), "tenant");
    assertThat(seal(keyring("a"), "tenant")).isEqualTo(sealed);
    assertThat(seal(keyring("a"), "other")).isNotEqualTo(sealed);
    assertThat(seal(keyring("b"), "tenant")).isNotEqualTo(sealed);
  }

  @Test
  void aKeySealsForLessThanSevenDaysAndIsThereForWhatItSealed() {
    Keyring keyring = keyring("a");
    int period = Keyring.period(now.get());
    byte[] sealed = seal(keyring, "tenant");
    now.addAndGet(Duration.ofDays(7).toMillis());
    assertThat(Keyring.period(now.get())).isGreaterThan(period);
    assertThat(seal(keyring, "tenant")).isNotEqualTo(sealed);
    assertThat(
            keyring
                .key("tenant", period, CryptoProfile.STANDARD)
                .join()
                .orElseThrow()
                .seal(NONCE, NONCE, TEXT))
        .isEqualTo(sealed);
  }

  @Test
  void replicasWithASharedStoreHaveTheSameKey() {
    SeedFolder shared = new SeedFolder(folder.resolve("shared"));
    assertThat(seal(keyring("a", shared), "tenant"))
        .isEqualTo(seal(keyring("b", shared), "tenant"));
  }

  @Test
  void aSharedStoreThatLostTheSeedGetsItBack() {
    SeedFolder shared = new SeedFolder(folder.resolve("shared"));
    byte[] sealed = seal(keyring("a", shared), "tenant");
    shared.forget("tenant", shared.read("tenant").orElseThrow());
    assertThat(seal(keyring("a", shared), "tenant")).isEqualTo(sealed);
    assertThat(seal(keyring("b", shared), "tenant")).isEqualTo(sealed);
  }

  @Test
  void withoutTheSharedStoreAKnownSeedServesAndNoneIsMade() {
    SeedStore gone =
        new SeedStore() {
          @Override
          public Optional<byte[]> read(String tenant) {
            throw new Unavailable("gone", null);
          }

          @Override
          public byte[] keep(String tenant, byte[] wrapped) {
            throw new Unavailable("gone", null);
          }

          @Override
          public void replace(String tenant, byte[] wrapped) {
            throw new Unavailable("gone", null);
          }

          @Override
          public void forget(String tenant, byte[] wrapped) {
            throw new Unavailable("gone", null);
          }
        };
    byte[] sealed = seal(keyring("a"), "tenant");
    assertThat(seal(keyring("a", gone), "tenant")).isEqualTo(sealed);
    assertThat(keyring("a", gone).sealing("new tenant").join()).isEmpty();
  }

  @Test
  void aPurgedTenantsSeedIsGoneAndANewOneIsAnother() {
    SeedFolder shared = new SeedFolder(folder.resolve("shared"));
    Keyring keyring = keyring("a", shared);
    byte[] sealed = seal(keyring, "tenant");
    byte[] seed = shared.read("tenant").orElseThrow();
    purged.put("tenant", now.get() + 2_000);
    keyring.shred("tenant");
    assertThat(shared.read("tenant")).isEmpty();
    assertThat(folder.resolve("a").toFile().list()).isEmpty();
    assertThat(seal(keyring, "tenant")).isNotEqualTo(sealed);
    // A replica that slept through it and puts the old one back is not believed.
    shared.replace("tenant", seed);
    keyring.drop("tenant");
    assertThat(seal(keyring, "tenant")).isNotEqualTo(sealed);
    keyring.shred("tenant");
    assertThat(shared.read("tenant")).isPresent();
  }

  @Test
  void aSeedOfAnotherTenantOrMasterKeyIsNone() {
    SeedFolder store = new SeedFolder(folder.resolve("a"));
    byte[] sealed = seal(keyring("a"), "tenant");
    store.replace("other", store.read("tenant").orElseThrow());
    assertThat(seal(keyring("a"), "other")).isNotEqualTo(sealed);
    assertThat(store.read("tenant")).isPresent();
  }

  @Test
  void aMasterKeyIsMadeOnceAndReadableByItsOwnerOnly() throws Exception {
    Path file = folder.resolve("x/master-key");
    byte[] first = MasterKey.in(file).derive(new byte[0], "p", 32);
    assertThat(MasterKey.in(file).derive(new byte[0], "p", 32)).isEqualTo(first);
    assertThat(MasterKey.in(file).derive(new byte[0], "q", 32)).isNotEqualTo(first);
    assertThat(Files.getPosixFilePermissions(file)).hasSize(2);
    assertThatThrownBy(() -> MasterKey.of("abcd")).hasMessageContaining("needs 64");
    assertThatThrownBy(() -> MasterKey.of("no digits")).hasMessageContaining("openssl");
  }

  /** GB/T 32907 leaves the mode open: RFC 8998, appendix A.1, has this example of SM4-GCM. */
  @Test
  void sm4GcmIsThatOfRfc8998() {
    DataKey key = new DataKey(CryptoProfile.SM, hex("0123456789ABCDEFFEDCBA9876543210"));
    assertThat(
            key.seal(
                hex("00001234567800000000ABCD"),
                hex("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2"),
                hex(
                    "AAAAAAAAAAAAAAAABBBBBBBBBBBBBBBBCCCCCCCCCCCCCCCCDDDDDDDDDDDDDDDD"
                        + "EEEEEEEEEEEEEEEEFFFFFFFFFFFFFFFFEEEEEEEEEEEEEEEEAAAAAAAAAAAAAAAA")))
        .isEqualTo(
            hex(
                "17F399F08C67D5EE19D0DC9969C4BB7D5FD46FD3756489069157B282BB200735"
                    + "D82710CA5C22F0CCFA7CBF93D496AC15A56834CBCF98C397B4024A2691233B8D"
                    + "83DE3541E4C2B58177E065A9BF7B62EC"));
  }

  private Keyring keyring(String name) {
    return keyring(name, Optional.empty());
  }

  private Keyring keyring(String name, SeedStore shared) {
    return keyring(name, Optional.of(shared));
  }

  private Keyring keyring(String name, Optional<SeedStore> shared) {
    return new Keyring(
        MasterKey.of("0123456789abcdef".repeat(4)),
        CryptoProfile.STANDARD,
        new SeedFolder(folder.resolve(name)),
        shared,
        tenant -> purged.getOrDefault(tenant, 0L),
        Runnable::run,
        () -> Instant.ofEpochMilli(now.get()));
  }

  private static byte[] seal(Keyring keyring, String tenant) {
    return keyring.sealing(tenant).join().orElseThrow().seal(NONCE, NONCE, TEXT);
  }

  private static byte[] hex(String text) {
    return HexFormat.of().parseHex(text);
  }
}
