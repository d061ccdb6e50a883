package platform.deepseek.auth.crypto;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.InstantSource;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.store.DatabaseAddress;
import platform.deepseek.auth.store.Engine;

class SigningKeysTest {

  private static SigningKeys keys(Database database) {
    InstantSource clock = InstantSource.system();
    KeyRings rings =
        new KeyRings(
            database,
            MasterKey.of("a1".repeat(32)),
            CryptoProfile.STANDARD,
            Duration.ofDays(7),
            clock);
    return new SigningKeys(database, rings, clock);
  }

  /** As many who read them as there are connections would otherwise wait for each other's. */
  @ParameterizedTest
  @EnumSource
  void areReadWithOneConnectionThoughTheirDataKeyIsNotKnownYet(Engine engine) {
    DatabaseAddress address = engine.fresh();
    DatabaseAddress narrow =
        new DatabaseAddress(
            address.url(), address.user(), address.password(), 1, address.startRetries());
    try (Database database = Database.open(address);
        Database one = Database.attach(narrow)) {
      SigningKeys.Kept added = keys(database).add("token", CryptoProfile.STANDARD.signature());
      assertThat(keys(one).all("token"))
          .singleElement()
          .satisfies(kept -> assertThat(kept.key().kid()).isEqualTo(added.key().kid()));
    }
  }
}
