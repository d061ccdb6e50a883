package platform.deepseek.auth.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import platform.deepseek.auth.crypto.CryptoProfile;
import platform.deepseek.auth.store.Engine;

class CheckpointsTest {

  @ParameterizedTest
  @EnumSource
  void replicasThatSignAtOnceMakeOneChain(Engine engine) throws Exception {
    try (Book book = new Book(engine);
        var pool = Executors.newFixedThreadPool(4)) {
      List<Checkpoints> signers = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        signers.add(book.signer());
      }
      for (int round = 0; round < 5; round++) {
        book.write("a" + round, "b" + round);
        List<Callable<Long>> work = new ArrayList<>();
        signers.forEach(signer -> work.add(signer::signNow));
        long covered = 0;
        for (Future<Long> future : pool.invokeAll(work)) {
          covered += future.get();
        }
        assertThat(covered).isEqualTo(round == 0 ? 3 : 2);
      }
      assertThat(book.stored()).hasSize(5);
      assertThat(book.verify()).isEmpty();
    }
  }

  @Test
  void aMinuteHasOneCheckpointAndAQuietOneHasNone() {
    try (Book book = new Book(Engine.H2)) {
      book.checkpoints.tick();
      assertThat(book.stored()).isEmpty();
      book.write("a");
      book.checkpoints.tick();
      assertThat(book.stored()).hasSize(1);
      book.write("b");
      book.checkpoints.tick();
      assertThat(book.stored()).hasSize(1);
      book.pass(Duration.ofMinutes(1));
      book.checkpoints.tick();
      assertThat(book.stored()).hasSize(2);
      book.pass(Duration.ofMinutes(1));
      book.checkpoints.tick();
      assertThat(book.stored()).hasSize(2);
    }
  }

  @ParameterizedTest
  @EnumSource
  void eachKeyNamesTheNextOne(Engine engine) {
    try (Book book = new Book(engine)) {
      for (int week = 0; week < 3; week++) {
        book.write("a" + week);
        book.sign();
        book.pass(Duration.ofDays(7));
        book.write("b" + week);
        book.sign();
      }
      List<Checkpoint> checkpoints =
          book.stored().stream().map(StoredCheckpoint::checkpoint).toList();
      assertThat(checkpoints.stream().map(Checkpoint::key).distinct()).hasSize(3);
      assertThat(checkpoints.stream().map(Checkpoint::next).flatMap(Optional::stream)).hasSize(3);
      List<Finding> findings =
          new Verification(
                  new DatabaseEvidence(book.database),
                  List.of(checkpoints.getFirst().key()),
                  List.of(),
                  book.now())
              .run();
      assertThat(findings).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void theNationalProfileSignsWithSm2OverSm3(Engine engine) {
    try (Book book = new Book(engine, CryptoProfile.SM, Optional.empty())) {
      book.write("a", "b");
      Checkpoint checkpoint = book.sign().checkpoint();
      assertThat(checkpoint.digest().label()).isEqualTo("SM3");
      assertThat(checkpoint.key()).contains("\"alg\":\"SM2-SM3\"");
      assertThat(book.entries().getFirst().content()).contains("\"digest\":\"SM3\"");
      assertThat(book.verify()).isEmpty();
      book.tamper("UPDATE audit_entry SET hash = ? WHERE sequence = 2", (Object) new byte[32]);
      assertThat(book.verify()).isNotEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aBrokenChainIsNotSigned(Engine engine) {
    try (Book book = new Book(engine)) {
      book.write("a", "b", "c");
      book.tamper("UPDATE audit_entry SET object = 'x' WHERE sequence = 3");
      assertThat(book.checkpoints.signNow()).isEqualTo(2);
      assertThat(book.checkpoints.signNow()).isZero();
      assertThat(book.verify().stream().map(Finding::kind)).containsExactly(Finding.Kind.EDITED);
      book.pass(Duration.ofMinutes(6));
      assertThat(book.verify().stream().map(Finding::kind))
          .containsExactly(Finding.Kind.EDITED, Finding.Kind.UNSIGNED);
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatIsForgottenOnPurposeIsSignedAndNothingElseIs(Engine engine) {
    try (Book book = new Book(engine)) {
      book.write("a", "b");
      book.sign();
      book.pass(Duration.ofDays(400));
      book.write("c");
      book.sign();
      book.write("d");
      book.sign();
      assertThat(book.checkpoints.forget(book.now().minus(Duration.ofDays(365)))).isTrue();
      assertThat(book.checkpoints.forget(book.now().minus(Duration.ofDays(365)))).isFalse();
      assertThat(book.entries().getFirst().columns().sequence()).isEqualTo(4);
      assertThat(book.verify(book.stored().getFirst())).isEmpty();
      assertThat(book.verify(Export.read(book.export().stream()))).isEmpty();
      book.tamper("DELETE FROM audit_entry WHERE sequence = 4");
      assertThat(book.verify().stream().map(Finding::kind)).contains(Finding.Kind.GAP);
    }
  }

  @Test
  void aWitnessKeepsWhatIsInTheDatabase(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("witness/checkpoints");
    try (Book book = new Book(Engine.H2, CryptoProfile.STANDARD, Optional.of(file))) {
      book.write("a");
      book.sign();
      book.write("b");
      book.sign();
      List<String> lines = Files.readAllLines(file);
      assertThat(lines).isEqualTo(book.stored().stream().map(StoredCheckpoint::line).toList());
      assertThat(StoredCheckpoint.parse(lines.getFirst()).checkpoint().number()).isEqualTo(1);
    }
  }
}
