package platform.deepseek.auth.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.store.Engine;

class KeyRingTest {

  private static final byte[] PLAIN = "a secret".getBytes(StandardCharsets.UTF_8);
  private static final byte[] ROW = "row 7".getBytes(StandardCharsets.UTF_8);
  private static final MasterKey MASTER = MasterKey.of("7b".repeat(32));

  private Instant now = Instant.parse("2026-11-22T09:00:00Z");

  private KeyRings rings(Database database, CryptoProfile profile) {
    return new KeyRings(database, MASTER, profile, Duration.ofDays(7), () -> now);
  }

  @ParameterizedTest
  @EnumSource
  void whatWasSealedOpensAgainAndOnlyWhereItBelongs(CryptoProfile profile) {
    try (Database database = Database.open(Engine.H2.fresh())) {
      KeyRing ring = rings(database, profile).ring("tenant/a");
      byte[] sealed = ring.seal(PLAIN, ROW);
      assertThat(sealed).hasSize(PLAIN.length + KeyRing.OVERHEAD);
      assertThat(ring.seal(PLAIN, ROW)).isNotEqualTo(sealed);
      assertThat(ring.open(sealed, ROW)).isEqualTo(PLAIN);
      assertThat(reason(ring, sealed, PLAIN)).isEqualTo(CannotOpen.Reason.FORGED);
      assertThat(reason(rings(database, profile).ring("tenant/b"), sealed, ROW))
          .isEqualTo(CannotOpen.Reason.FORGED);
      for (int i = 0; i < sealed.length; i++) {
        byte[] damaged = sealed.clone();
        damaged[i] ^= 4;
        assertThatThrownBy(() -> ring.open(damaged, ROW)).isInstanceOf(CannotOpen.class);
      }
      assertThat(reason(ring, new byte[KeyRing.OVERHEAD - 1], ROW))
          .isEqualTo(CannotOpen.Reason.MALFORMED);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aNewKeySealsAfterAWeekAndTheOldOneStillOpens(Engine engine) {
    try (Database database = Database.open(engine.fresh())) {
      KeyRing ring = rings(database, CryptoProfile.STANDARD).ring("totp");
      byte[] old = ring.seal(PLAIN, ROW);
      now = now.plus(Duration.ofDays(7).minusSeconds(1));
      assertThat(ring.isCurrent(old)).isTrue();
      now = now.plusSeconds(1);
      assertThat(ring.isCurrent(old)).isFalse();
      assertThat(ring.open(old, ROW)).isEqualTo(PLAIN);
      byte[] fresh = ring.reseal(old, ROW);
      assertThat(ring.isCurrent(fresh)).isTrue();
      assertThat(ring.open(fresh, ROW)).isEqualTo(PLAIN);
      KeyRing elsewhere = rings(database, CryptoProfile.STANDARD).ring("totp");
      assertThat(elsewhere.isCurrent(fresh)).isTrue();
      assertThat(elsewhere.open(old, ROW)).isEqualTo(PLAIN);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aShreddedRingOpensNothingAnywhere(Engine engine) {
    try (Database database = Database.open(engine.fresh())) {
      KeyRings here = rings(database, CryptoProfile.STANDARD);
      KeyRings there = rings(database, CryptoProfile.STANDARD);
      byte[] sealed = here.ring("tenant/a").seal(PLAIN, ROW);
      byte[] others = here.ring("tenant/b").seal(PLAIN, ROW);
      assertThat(there.ring("tenant/a").open(sealed, ROW)).isEqualTo(PLAIN);
      assertThat(here.shred("tenant/a")).isEqualTo(1);
      assertThat(reason(here.ring("tenant/a"), sealed, ROW)).isEqualTo(CannotOpen.Reason.SHREDDED);
      now = now.plus(DataKeys.KEPT);
      assertThat(reason(there.ring("tenant/a"), sealed, ROW)).isEqualTo(CannotOpen.Reason.SHREDDED);
      assertThat(there.ring("tenant/b").open(others, ROW)).isEqualTo(PLAIN);
    }
  }

  @Test
  void oneProfileOpensWhatTheOtherSealed() {
    try (Database database = Database.open(Engine.H2.fresh())) {
      byte[] sealed = rings(database, CryptoProfile.STANDARD).ring("r").seal(PLAIN, ROW);
      KeyRing national = rings(database, CryptoProfile.SM).ring("r");
      assertThat(national.open(sealed, ROW)).isEqualTo(PLAIN);
      assertThat(national.isCurrent(sealed)).isFalse();
      assertThat(national.open(national.reseal(sealed, ROW), ROW)).isEqualTo(PLAIN);
    }
  }

  @ParameterizedTest
  @EnumSource
  void withoutTheMasterKeyTheDatabaseOpensNothing(Engine engine) {
    try (Database database = Database.open(engine.fresh())) {
      byte[] sealed = rings(database, CryptoProfile.STANDARD).ring("r").seal(PLAIN, ROW);
      KeyRings thief =
          new KeyRings(
              database,
              MasterKey.of("7c".repeat(32)),
              CryptoProfile.STANDARD,
              Duration.ofDays(7),
              () -> now);
      assertThat(thief.areOurs()).isFalse();
      assertThat(rings(database, CryptoProfile.SM).areOurs()).isTrue();
      assertThat(reason(thief.ring("r"), sealed, ROW)).isEqualTo(CannotOpen.Reason.FORGED);
      database.write(session -> session.run("UPDATE data_key SET ring = 's'"));
      assertThat(reason(rings(database, CryptoProfile.STANDARD).ring("s"), sealed, ROW))
          .isEqualTo(CannotOpen.Reason.FORGED);
    }
  }

  @Test
  void aMasterKeyInAFileIsMadeOnce(@TempDir Path folder) {
    Path file = folder.resolve("data/master-key");
    try (Database database = Database.open(Engine.H2.fresh())) {
      byte[] sealed =
          new KeyRings(
                  database,
                  MasterKey.in(file),
                  CryptoProfile.STANDARD,
                  Duration.ofDays(7),
                  () -> now)
              .ring("r")
              .seal(PLAIN, ROW);
      assertThat(
              new KeyRings(
                      database,
                      MasterKey.in(file),
                      CryptoProfile.STANDARD,
                      Duration.ofDays(7),
                      () -> now)
                  .ring("r")
                  .open(sealed, ROW))
          .isEqualTo(PLAIN);
    }
    assertThatThrownBy(() -> MasterKey.of("abcd"))
        .hasMessage(
            "the master key has 2 bytes and needs 32: make one with `openssl rand -hex 32`");
    assertThatThrownBy(() -> MasterKey.of("password")).hasMessageContaining("hexadecimal");
  }

  @ParameterizedTest
  @EnumSource
  void signingKeysAreKeptSealed(Engine engine) {
    try (Database database = Database.open(engine.fresh())) {
      SigningKeys keys = new SigningKeys(database, rings(database, CryptoProfile.SM), () -> now);
      SigningKey first = keys.add("token", SignatureAlgorithm.EDDSA).key();
      now = now.plusSeconds(1);
      SigningKey second = keys.add("token", SignatureAlgorithm.SM2).key();
      keys.add("audit", SignatureAlgorithm.EDDSA);
      assertThat(keys.all("token"))
          .extracting(kept -> kept.key().kid())
          .containsExactly(first.kid(), second.kid());
      byte[] signature = keys.all("token").getFirst().key().sign(PLAIN);
      assertThat(first.verifier().verify(PLAIN, signature)).isTrue();
      assertThat(keys.remove(first.kid())).isTrue();
      assertThat(keys.all("token")).hasSize(1);
      // A sealed key that was moved to another purpose opens nothing.
      database.write(session -> session.run("UPDATE signing_key SET purpose = 'token'"));
      assertThatThrownBy(() -> keys.all("token")).isInstanceOf(CannotOpen.class);
    }
  }

  private static CannotOpen.Reason reason(KeyRing ring, byte[] sealed, byte[] associated) {
    return catchThrowableOfType(CannotOpen.class, () -> ring.open(sealed, associated)).reason();
  }
}
