package platform.deepseek.auth.factor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import platform.deepseek.auth.credential.Pepper;
import platform.deepseek.auth.credential.Role;
import platform.deepseek.auth.crypto.CannotOpen;
import platform.deepseek.auth.crypto.CryptoProfile;
import platform.deepseek.auth.crypto.KeyRing;
import platform.deepseek.auth.crypto.KeyRings;
import platform.deepseek.auth.crypto.MasterKey;
import platform.deepseek.auth.crypto.Resealing;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.store.DatabaseAddress;
import platform.deepseek.auth.store.Engine;
import platform.deepseek.auth.tenant.Tenants;
import platform.deepseek.auth.tenant.Users;

/** On both databases; two replicas are two pools on one of them. */
class FactorsTest {

  private static final Pepper PEPPER = Pepper.of("5e".repeat(32));
  private static final Instant START = Instant.parse("2026-11-22T12:00:00Z");

  /** Two replicas, a user, and a clock that stands until it is put forward. */
  private static final class Scene implements AutoCloseable {
    final AtomicReference<Instant> now = new AtomicReference<>(START);
    final Database one;
    final Database other;
    final Factors factors;
    final Factors replica;
    final String user;
    final String uri;

    Scene(Engine engine) {
      DatabaseAddress address = engine.fresh();
      one = Database.open(address);
      other = Database.open(address);
      factors = factors(one);
      replica = factors(other);
      String tenant = new Tenants(one, now::get).create("acme", 5).id();
      user = new Users(one, now::get).create(tenant, "ann", Role.ADMIN).id();
      uri = factors.enrol(user, "ann").uri();
    }

    private Factors factors(Database database) {
      return new Factors(database, ring(database), PEPPER, Totp.USUAL, "DeepSeek", now::get);
    }

    KeyRing ring(Database database) {
      return new KeyRings(
              database,
              MasterKey.of("3a".repeat(32)),
              CryptoProfile.STANDARD,
              Duration.ofDays(7),
              now::get)
          .ring("second-factor");
    }

    String code() {
      return PhoneApp.code(uri, Totp.stepAt(now.get()));
    }

    /** Six digits that are the code of no step around. */
    String wrong() {
      long step = Totp.stepAt(now.get());
      List<String> right =
          LongStream.rangeClosed(step - 1, step + 1)
              .mapToObj(near -> PhoneApp.code(uri, near))
              .toList();
      return Stream.of("000000", "111111", "222222", "333333")
          .filter(code -> !right.contains(code))
          .findFirst()
          .orElseThrow();
    }

    void pass(Duration time) {
      now.updateAndGet(at -> at.plus(time));
    }

    /** Sealed anew by one replica. */
    List<Resealing.Done> reseal() {
      KeyRings rings =
          new KeyRings(
              other,
              MasterKey.of("3a".repeat(32)),
              CryptoProfile.STANDARD,
              Duration.ofDays(7),
              now::get);
      return new Resealing(other, rings, Factors.SEALED).run();
    }

    List<String> confirm() {
      Confirmation confirmation = factors.confirm(user, code());
      assertThat(confirmation.proof()).isEqualTo(new Proof.Accepted(Proof.Method.TOTP));
      pass(Totp.STEP);
      return confirmation.recoveryCodes();
    }

    /** What 16 at once are told, half of them by each replica. */
    List<Proof> atOnce(List<String> codes) {
      try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        List<CompletableFuture<Proof>> proofs = new ArrayList<>();
        for (int i = 0; i < codes.size(); i++) {
          Factors asked = i % 2 == 0 ? factors : replica;
          String code = codes.get(i);
          proofs.add(CompletableFuture.supplyAsync(() -> asked.prove(user, code), threads));
        }
        return proofs.stream().map(CompletableFuture::join).toList();
      }
    }

    @Override
    public void close() {
      one.close();
      other.close();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aSecretIsWorthNothingBeforeItsFirstCode(Engine engine) {
    try (Scene scene = new Scene(engine)) {
      assertThat(scene.factors.prove(scene.user, scene.code())).isEqualTo(new Proof.NotEnrolled());
      assertThat(scene.factors.confirm(scene.user, scene.wrong()).proof())
          .isEqualTo(new Proof.Wrong(4));
      assertThat(scene.factors.status(scene.user).pending()).isTrue();
      assertThat(scene.confirm()).hasSize(10).doesNotHaveDuplicates();
      assertThat(scene.factors.status(scene.user))
          .isEqualTo(new FactorStatus(Optional.of(START), false, 10, 0, Optional.empty()));
      assertThat(scene.factors.prove(scene.user, scene.code()))
          .isEqualTo(new Proof.Accepted(Proof.Method.TOTP));
      assertThat(scene.factors.confirm(scene.user, scene.code()).proof())
          .isEqualTo(new Proof.NotEnrolled());
      assertThat(scene.factors.prove("nobody", scene.code())).isEqualTo(new Proof.NotEnrolled());
    }
  }

  @ParameterizedTest
  @EnumSource
  void theCodeThatConfirmedIsUsed(Engine engine) {
    try (Scene scene = new Scene(engine)) {
      String first = scene.code();
      scene.confirm();
      assertThat(scene.replica.prove(scene.user, first)).isEqualTo(new Proof.Replayed());
    }
  }

  @ParameterizedTest
  @EnumSource
  void aTimeStepIsAcceptedOnceByAllReplicasTogether(Engine engine) {
    try (Scene scene = new Scene(engine)) {
      scene.confirm();
      for (int round = 0; round < 5; round++) {
        String code = scene.code();
        List<Proof> proofs = scene.atOnce(IntStream.range(0, 8).mapToObj(i -> code).toList());
        assertThat(proofs).filteredOn(Proof.Accepted.class::isInstance).hasSize(1);
        assertThat(proofs).filteredOn(Proof.Replayed.class::isInstance).hasSize(7);
        scene.pass(Totp.STEP);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aCodeFromBeforeTheLastOneIsUsedToo(Engine engine) {
    try (Scene scene = new Scene(engine)) {
      scene.confirm();
      String before = scene.code();
      scene.pass(Totp.STEP);
      assertThat(scene.factors.prove(scene.user, scene.code())).isInstanceOf(Proof.Accepted.class);
      assertThat(scene.replica.prove(scene.user, before)).isEqualTo(new Proof.Replayed());
    }
  }

  @ParameterizedTest
  @EnumSource
  void aBurstOfGuessesAtAllReplicasGetsFiveTries(Engine engine) {
    try (Scene scene = new Scene(engine)) {
      scene.confirm();
      String wrong = scene.wrong();
      List<Proof> proofs = scene.atOnce(IntStream.range(0, 16).mapToObj(i -> wrong).toList());
      assertThat(proofs).filteredOn(Proof.Wrong.class::isInstance).hasSize(5);
      assertThat(proofs).filteredOn(Proof.Locked.class::isInstance).hasSize(11);
      assertThat(scene.replica.prove(scene.user, scene.code()))
          .isEqualTo(new Proof.Locked(scene.now.get().plusSeconds(30)));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aLockGrowsWithEachWrongCodeAndEndsWithARightOne(Engine engine) {
    try (Scene scene = new Scene(engine)) {
      scene.confirm();
      for (int triesLeft = 4; triesLeft >= 0; triesLeft--) {
        assertThat(scene.factors.prove(scene.user, scene.wrong()))
            .isEqualTo(new Proof.Wrong(triesLeft));
      }
      scene.pass(Duration.ofSeconds(30));
      assertThat(scene.factors.prove(scene.user, scene.wrong())).isEqualTo(new Proof.Wrong(0));
      scene.pass(Duration.ofSeconds(59));
      assertThat(scene.replica.prove(scene.user, scene.code()))
          .isEqualTo(new Proof.Locked(scene.now.get().plusSeconds(1)));
      scene.pass(Duration.ofSeconds(1));
      assertThat(scene.replica.prove(scene.user, scene.code())).isInstanceOf(Proof.Accepted.class);
      assertThat(scene.factors.status(scene.user).failures()).isZero();
      assertThat(scene.factors.prove(scene.user, scene.wrong())).isEqualTo(new Proof.Wrong(4));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aRecoveryCodeIsGoodOnceHoweverItIsTyped(Engine engine) {
    try (Scene scene = new Scene(engine)) {
      List<String> codes = scene.confirm();
      String typed = " " + codes.getFirst().toLowerCase(Locale.ROOT).replace('-', ' ');
      List<Proof> proofs = scene.atOnce(List.of(typed, codes.getFirst(), typed));
      assertThat(proofs).filteredOn(new Proof.Accepted(Proof.Method.RECOVERY)::equals).hasSize(1);
      assertThat(proofs).filteredOn(Proof.Wrong.class::isInstance).hasSize(2);
      assertThat(scene.factors.status(scene.user).recoveryCodes()).isEqualTo(9);
      List<String> fresh = scene.factors.renewRecoveryCodes(scene.user).orElseThrow();
      assertThat(scene.factors.prove(scene.user, codes.get(1))).isInstanceOf(Proof.Wrong.class);
      assertThat(scene.replica.prove(scene.user, fresh.get(1)))
          .isEqualTo(new Proof.Accepted(Proof.Method.RECOVERY));
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatWorkedWorksUntilANewSecretIsConfirmed(Engine engine) {
    try (Scene scene = new Scene(engine)) {
      scene.confirm();
      String fresh = scene.factors.enrol(scene.user, "ann").uri();
      assertThat(scene.factors.prove(scene.user, scene.code())).isInstanceOf(Proof.Accepted.class);
      scene.pass(Totp.STEP);
      String first = PhoneApp.code(fresh, Totp.stepAt(scene.now.get()));
      assertThat(scene.factors.confirm(scene.user, first).proof())
          .isInstanceOf(Proof.Accepted.class);
      scene.pass(Totp.STEP);
      assertThat(scene.factors.prove(scene.user, scene.code())).isInstanceOf(Proof.Wrong.class);
    }
  }

  @ParameterizedTest
  @EnumSource
  void noSecretAndNoCodeIsReadableInTheDatabase(Engine engine) {
    try (Scene scene = new Scene(engine)) {
      byte[] sealed =
          scene
              .one
              .read(
                  session ->
                      session.first(row -> row.bytes("pending"), "SELECT * FROM second_factor"))
              .orElseThrow();
      byte[] user = ("deepseek-totp/v1 " + scene.user).getBytes(StandardCharsets.UTF_8);
      byte[] another = "deepseek-totp/v1 another".getBytes(StandardCharsets.UTF_8);
      KeyRing ring = scene.ring(scene.one);
      assertThat(TotpSecret.decode(ring.open(sealed, user)).base32())
          .isEqualTo(scene.uri.replaceFirst(".*secret=([A-Z2-7]+).*", "$1"));
      assertThatThrownBy(() -> ring.open(sealed, another)).isInstanceOf(CannotOpen.class);
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatWasSealedAnewProvesAndConfirmsAsBefore(Engine engine) {
    try (Scene scene = new Scene(engine)) {
      scene.confirm();
      String another = scene.factors.enrol(scene.user, "ann").uri();
      scene.pass(Duration.ofDays(8));
      assertThat(scene.reseal()).containsExactly(new Resealing.Done("second-factor", 2, 0, 0));
      assertThat(scene.factors.prove(scene.user, scene.code()))
          .isEqualTo(new Proof.Accepted(Proof.Method.TOTP));
      scene.pass(Duration.ofDays(1));
      assertThat(scene.reseal()).containsExactly(new Resealing.Done("second-factor", 0, 0, 1));
      String code = PhoneApp.code(another, Totp.stepAt(scene.now.get()));
      assertThat(scene.replica.confirm(scene.user, code).proof())
          .isEqualTo(new Proof.Accepted(Proof.Method.TOTP));
    }
  }
}
