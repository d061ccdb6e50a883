package platform.deepseek.auth.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import platform.deepseek.auth.audit.Finding.Kind;
import platform.deepseek.auth.crypto.SignatureAlgorithm;
import platform.deepseek.auth.crypto.SigningKey;
import platform.deepseek.auth.store.Engine;

/** Every crime is committed on both databases, and named. */
class VerificationTest {

  @ParameterizedTest
  @EnumSource
  void anUntouchedBookHasNoFindings(Engine engine) {
    try (Book book = new Book(engine)) {
      book.write("a", "b");
      StoredCheckpoint first = book.sign();
      book.write("c");
      try (AuditLog other = book.another()) {
        other.recordFirst(Book.event("d")).join();
      }
      StoredCheckpoint second = book.sign();
      book.write("e");
      assertThat(book.verify(first, second)).isEmpty();
      assertThat(book.entries()).hasSize(4 + 1 + 1 + 2);
      Export export = Export.read(book.export().stream());
      assertThat(book.verify(export, first, second)).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void anEditedEntryIsNamed(Engine engine) {
    try (Book book = new Book(engine)) {
      book.write("a", "b", "c");
      book.sign();
      book.tamper(
          "UPDATE audit_entry SET content = REPLACE(content, '10.0.0.7', '10.0.0.8'),"
              + " source = '10.0.0.8' WHERE sequence = 3");
      assertThat(book.verify())
          .singleElement()
          .hasToString(
              "edited entry 3 of %s: it does not follow from the entry before it."
                  .formatted(book.entries().getFirst().columns().partition()));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aColumnThatLiesIsNamed(Engine engine) {
    try (Book book = new Book(engine)) {
      book.write("a", "b", "c");
      book.tamper("UPDATE audit_entry SET key_id = 'Zz99Zz99' WHERE sequence = 3");
      assertThat(kinds(book.verify())).containsExactly(Kind.EDITED);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aDeletedEntryIsAGap(Engine engine) {
    try (Book book = new Book(engine)) {
      book.write("a", "b", "c");
      book.sign();
      book.tamper("DELETE FROM audit_entry WHERE sequence = 3");
      assertThat(book.verify())
          .anySatisfy(
              finding -> {
                assertThat(finding.kind()).isEqualTo(Kind.GAP);
                assertThat(finding.what()).isEqualTo("entry 3 is missing.");
              });
    }
  }

  @ParameterizedTest
  @EnumSource
  void swappedEntriesAreReordered(Engine engine) {
    try (Book book = new Book(engine)) {
      book.write("a", "b", "c");
      book.sign();
      book.tamper("UPDATE audit_entry SET sequence = 100 WHERE sequence = 2");
      book.tamper("UPDATE audit_entry SET sequence = 2 WHERE sequence = 3");
      book.tamper("UPDATE audit_entry SET sequence = 3 WHERE sequence = 100");
      assertThat(kinds(book.verify())).contains(Kind.REORDERED);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aCutOffEndIsTruncated(Engine engine) {
    try (Book book = new Book(engine)) {
      book.write("a", "b", "c");
      book.sign();
      book.tamper("DELETE FROM audit_entry WHERE sequence >= 3");
      assertThat(book.verify())
          .anySatisfy(
              finding -> {
                assertThat(finding.kind()).isEqualTo(Kind.TRUNCATED);
                assertThat(finding.what())
                    .isEqualTo("checkpoint 1 covers entries up to 4, and the last one is 2.");
              });
    }
  }

  @ParameterizedTest
  @EnumSource
  void anEndCutOffWithItsCheckpointIsMissedByTheWitness(Engine engine) {
    try (Book book = new Book(engine)) {
      book.write("a", "b");
      StoredCheckpoint first = book.sign();
      book.write("c");
      StoredCheckpoint second = book.sign();
      book.tamper("DELETE FROM audit_entry WHERE sequence > 3");
      book.tamper("DELETE FROM audit_checkpoint WHERE number = 2");
      assertThat(book.verify(first)).isEmpty();
      assertThat(book.verify(first, second))
          .singleElement()
          .hasToString("truncated checkpoint 2: a witness remembers it, and it is not there.");
    }
  }

  @ParameterizedTest
  @EnumSource
  void aChainComputedAnewContradictsItsCheckpoint(Engine engine) {
    try (Book book = new Book(engine)) {
      book.write("a", "b", "c");
      book.sign();
      Forger.rewrite(book, 3, "10.0.0.7", "10.0.0.8");
      assertThat(book.verify())
          .extracting(Finding::kind, Finding::what)
          .contains(
              org.assertj.core.groups.Tuple.tuple(
                  Kind.EDITED, "checkpoint 1 was signed over another one."));
    }
  }

  @ParameterizedTest
  @EnumSource
  void anotherPastSignedWithTheRightKeyIsAForkToTheWitness(Engine engine) {
    try (Book book = new Book(engine)) {
      book.write("a", "b", "c");
      StoredCheckpoint told = book.sign();
      Forger.rewrite(book, 3, "10.0.0.7", "10.0.0.8");
      book.tamper("DELETE FROM audit_checkpoint");
      book.tamper("UPDATE audit_partition SET covered = 0, head = NULL");
      book.sign();
      assertThat(book.verify()).isEmpty();
      assertThat(book.verify(told))
          .singleElement()
          .hasToString("fork checkpoint 1: a witness remembers another one.");
    }
  }

  @ParameterizedTest
  @EnumSource
  void twoEntriesOfOneNumberAreAFork(Engine engine) {
    try (Book book = new Book(engine)) {
      book.write("a", "b");
      book.sign();
      List<String> lines = book.export();
      StoredEntry second = book.entries().get(1);
      StoredEntry twin = Forger.twin(second, book.entries().getFirst().hash());
      lines.add(lines.indexOf(Export.line(second)) + 1, Export.line(twin));
      assertThat(kinds(book.verify(Export.read(lines.stream())))).containsExactly(Kind.FORK);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aCheckpointThatIsEditedOrUnsignedIsNamed(Engine engine) {
    try (Book book = new Book(engine)) {
      book.write("a", "b");
      StoredCheckpoint stored = book.sign();
      byte[] signature = stored.signature().clone();
      signature[10] ^= 1;
      book.tamper("UPDATE audit_checkpoint SET signature = ?", (Object) signature);
      assertThat(kinds(book.verify())).containsExactly(Kind.BAD_SIGNATURE);
      book.tamper(
          "UPDATE audit_checkpoint SET signature = ?, content = REPLACE(content, ':09:', ':10:')",
          (Object) stored.signature());
      book.tamper("UPDATE audit_checkpoint SET content = REPLACE(content, '22T09', '22T08')");
      assertThat(kinds(book.verify())).containsExactly(Kind.BAD_SIGNATURE);
      book.tamper("UPDATE audit_checkpoint SET content = '{}'");
      assertThat(kinds(book.verify())).contains(Kind.EDITED);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aCheckpointOfAStrangersKeyIsNamed(Engine engine) {
    try (Book book = new Book(engine)) {
      book.write("a", "b");
      book.sign();
      String stranger = SigningKey.generate(SignatureAlgorithm.EDDSA).publicJwk();
      List<Finding> findings =
          new Verification(
                  new DatabaseEvidence(book.database), List.of(stranger), List.of(), book.now())
              .run();
      assertThat(kinds(findings)).containsExactly(Kind.UNKNOWN_KEY);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aMissingCheckpointIsAGap(Engine engine) {
    try (Book book = new Book(engine)) {
      for (String object : List.of("a", "b", "c")) {
        book.write(object);
        book.sign();
      }
      book.tamper("DELETE FROM audit_checkpoint WHERE number = 2");
      assertThat(book.verify())
          .anySatisfy(
              finding ->
                  assertThat(finding)
                      .hasToString("gap checkpoint 3: checkpoints 2 to 2 are missing."));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aPartitionSmuggledIntoThePastIsUnsigned(Engine engine) {
    try (Book book = new Book(engine)) {
      book.write("a");
      book.sign();
      try (AuditLog other = book.another()) {
        other.recordFirst(Book.event("smuggled")).join();
      }
      assertThat(book.verify()).isEmpty();
      book.pass(Duration.ofMinutes(6));
      assertThat(kinds(book.verify())).containsExactly(Kind.UNSIGNED);
    }
  }

  private static List<Kind> kinds(List<Finding> findings) {
    return findings.stream().map(Finding::kind).distinct().toList();
  }
}
