package platform.deepseek.auth.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import platform.deepseek.auth.crypto.Resealing.Done;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.store.DatabaseAddress;
import platform.deepseek.auth.store.Engine;

/** What stays is sealed anew as time goes by, on both databases. */
class ResealingTest {

  private static final Duration ROTATION = Duration.ofDays(7);
  private static final Duration HOUR = Duration.ofHours(1);
  private static final String RING = "signing-keys";

  /** A database, replicas on it, and a clock that stands until it is put forward. */
  private static final class Scene implements AutoCloseable {
    final AtomicReference<Instant> now =
        new AtomicReference<>(Instant.parse("2026-11-22T12:00:00Z"));
    final DatabaseAddress address;
    final Database database;

    Scene(Engine engine) {
      address = engine.fresh();
      database = Database.open(address);
    }

    KeyRings rings(CryptoProfile profile) {
      return new KeyRings(database, MasterKey.of("3a".repeat(32)), profile, ROTATION, now::get);
    }

    Resealing resealing() {
      return resealing(CryptoProfile.STANDARD);
    }

    Resealing resealing(CryptoProfile profile) {
      return new Resealing(database, rings(profile), List.of(SigningKeys.SEALED));
    }

    SigningKeys keys() {
      return new SigningKeys(database, rings(CryptoProfile.STANDARD), now::get);
    }

    void pass(Duration time) {
      now.updateAndGet(at -> at.plus(time));
    }

    List<String> dataKeys() {
      return database.read(
          session ->
              session.list(
                  row -> row.text("id"),
                  "SELECT id FROM data_key WHERE ring = ? ORDER BY created_at, id",
                  RING));
    }

    List<byte[]> sealed() {
      return database.read(
          session ->
              session.list(
                  row -> row.bytes("private_jwk"), "SELECT * FROM signing_key ORDER BY kid"));
    }

    @Override
    public void close() {
      database.close();
    }
  }

  private static Done done(int sealed, int kept, int deleted) {
    return new Done(RING, sealed, kept, deleted);
  }

  @ParameterizedTest
  @EnumSource
  void aDataKeyThatIsTooOldIsNeededByNothingAnHourLaterAndGoneADayLater(Engine engine) {
    try (Scene scene = new Scene(engine)) {
      for (int i = 0; i < 3; i++) {
        scene.keys().add("audit", SignatureAlgorithm.EDDSA);
      }
      List<String> kids = scene.keys().all("audit").stream().map(kept -> kept.key().kid()).toList();
      String first = scene.dataKeys().getFirst();
      scene.pass(ROTATION.minus(HOUR));
      assertThat(scene.resealing().run()).containsExactly(done(0, 0, 0));
      scene.pass(HOUR.multipliedBy(2));
      assertThat(scene.resealing().run()).containsExactly(done(3, 0, 0));
      assertThat(scene.sealed().stream().map(KeyRing::keyOf).map(Object::toString))
          .hasSize(3)
          .doesNotContain(first);
      scene.pass(HOUR);
      assertThat(scene.resealing().run()).containsExactly(done(0, 0, 0)); // it may seal yet
      assertThat(scene.dataKeys()).hasSize(2).contains(first);
      scene.pass(Duration.ofDays(1));
      assertThat(scene.resealing().run()).containsExactly(done(0, 0, 1));
      assertThat(scene.dataKeys()).hasSize(1).doesNotContain(first);
      assertThat(scene.keys().all("audit").stream().map(kept -> kept.key().kid()))
          .containsExactlyInAnyOrderElementsOf(kids);
    }
  }

  @ParameterizedTest
  @EnumSource
  void replicasThatSealAtOnceAgree(Engine engine) {
    try (Scene scene = new Scene(engine)) {
      for (int i = 0; i < 20; i++) {
        scene.keys().add("audit", SignatureAlgorithm.EDDSA);
      }
      scene.pass(ROTATION.plus(HOUR));
      List<CompletableFuture<List<Done>>> replicas =
          IntStream.range(0, 4)
              .mapToObj(replica -> CompletableFuture.supplyAsync(() -> scene.resealing().run()))
              .toList();
      int sealed =
          replicas.stream()
              .map(CompletableFuture::join)
              .mapToInt(all -> all.getFirst().sealed())
              .sum();
      // Replicas that made a key at once may seal a row again with the younger one.
      assertThat(sealed).isGreaterThanOrEqualTo(20);
      scene.resealing().run();
      assertThat(scene.resealing().run()).containsExactly(done(0, 0, 0));
      assertThat(scene.keys().all("audit")).hasSize(20);
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatWasLeftHalfDoneIsGoneOnWith(Engine engine) {
    try (Scene scene = new Scene(engine)) {
      scene.keys().add("audit", SignatureAlgorithm.EDDSA);
      scene.keys().add("audit", SignatureAlgorithm.EDDSA);
      scene.pass(ROTATION.plus(HOUR));
      List<byte[]> before = scene.sealed();
      scene.resealing().run();
      byte[] done = scene.sealed().getFirst();
      String kid =
          scene
              .database
              .read(
                  session ->
                      session.first(
                          row -> row.text("kid"), "SELECT MAX(kid) AS kid FROM signing_key"))
              .orElseThrow();
      scene.database.write(
          session ->
              session.run(
                  "UPDATE signing_key SET private_jwk = ? WHERE kid = ?", before.getLast(), kid));
      assertThat(scene.resealing().run()).containsExactly(done(1, 0, 0));
      assertThat(scene.sealed().getFirst()).isEqualTo(done);
      assertThat(scene.keys().all("audit")).hasSize(2);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aValueThatOpensNoMoreStaysAndSoDoesEveryKeyOfItsRing(Engine engine) {
    try (Scene scene = new Scene(engine)) {
      scene.keys().add("audit", SignatureAlgorithm.EDDSA);
      scene.keys().add("audit", SignatureAlgorithm.EDDSA);
      byte[] broken = scene.sealed().getFirst().clone();
      broken[broken.length - 1] ^= 1;
      scene.database.write(
          session ->
              session.run(
                  "UPDATE signing_key SET private_jwk = ? WHERE kid ="
                      + " (SELECT MIN(kid) FROM signing_key)",
                  (Object) broken));
      scene.pass(ROTATION.plus(Duration.ofDays(2)));
      assertThat(scene.resealing().run()).containsExactly(done(1, 1, 0));
      assertThat(scene.resealing().run()).containsExactly(done(0, 1, 0));
      assertThat(scene.dataKeys()).hasSize(2);
      assertThat(scene.sealed().getFirst()).isEqualTo(broken);
      assertThatThrownBy(() -> scene.keys().all("audit")).isInstanceOf(CannotOpen.class);
    }
  }

  @ParameterizedTest
  @EnumSource
  void anotherProfileReachesWhatWasSealedBeforeIt(Engine engine) {
    try (Scene scene = new Scene(engine)) {
      scene.keys().add("audit", SignatureAlgorithm.EDDSA);
      assertThat(scene.resealing(CryptoProfile.SM).run()).containsExactly(done(1, 0, 0));
      assertThat(scene.sealed().getFirst()[1]).isEqualTo((byte) SealingCipher.SM4_GCM.code());
      assertThat(scene.keys().all("audit")).hasSize(1);
    }
  }
}
