package platform.deepseek.auth.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import platform.deepseek.auth.crypto.CryptoProfile;
import platform.deepseek.auth.store.DatabaseAddress;
import platform.deepseek.auth.store.Engine;

/** The command: what it reads, what it says, how it ends. */
class AuditVerifierTest {

  @TempDir Path folder;
  private final ByteArrayOutputStream said = new ByteArrayOutputStream();

  @Test
  void anExportIsVerifiedAgainstAKeyAndAWitness() throws IOException {
    try (Book book = new Book(Engine.H2)) {
      book.write("a", "b");
      StoredCheckpoint stored = book.sign();
      Path export = file("export", String.join("\n", book.export()) + "\n");
      Path key = file("key", stored.checkpoint().key() + "\n");
      Path remembered = file("remembered", stored.line() + "\n");
      assertThat(
              run(
                  Map.of(),
                  "--export",
                  export.toString(),
                  "--key",
                  key.toString(),
                  "--remembered",
                  remembered.toString()))
          .isEqualTo(AuditVerifier.SOUND);
      assertThat(text()).isEqualTo("3 entries, 1 checkpoints, 0 findings\n");
      assertThat(run(Map.of(), "--export", export.toString())).isEqualTo(AuditVerifier.SOUND);
      assertThat(text()).contains("No --key was given").contains("No --remembered was given");
      Files.writeString(export, Files.readString(export).replace("10.0.0.7", "10.0.0.8"));
      assertThat(run(Map.of(), "--export", export.toString())).isEqualTo(AuditVerifier.FINDINGS);
      assertThat(text()).contains("edited entry 2 of ").contains("edited entry 3 of ");
    }
  }

  @Test
  void aDatabaseIsVerifiedWhereItLies() {
    DatabaseAddress address = Engine.POSTGRESQL.fresh();
    try (Book book =
        new Book(Engine.POSTGRESQL, address, CryptoProfile.STANDARD, Optional.empty())) {
      book.write("a", "b");
      book.sign();
      Map<String, String> environment =
          Map.of(
              "DEEPSEEK_AUTH_DATABASE_URL",
              address.url(),
              "DEEPSEEK_AUTH_DATABASE_USER",
              address.user().orElseThrow());
      assertThat(run(environment)).isEqualTo(AuditVerifier.SOUND);
      assertThat(text()).endsWith("3 entries, 1 checkpoints, 0 findings\n");
      book.tamper("DELETE FROM audit_entry WHERE sequence = 2");
      assertThat(run(environment)).isEqualTo(AuditVerifier.FINDINGS);
      assertThat(text()).contains("entry 2 is missing.");
    }
  }

  @Test
  void whatCannotBeReadIsNotSound() {
    assertThat(run(Map.of())).isEqualTo(AuditVerifier.FAILED);
    assertThat(text()).startsWith("Verifies the audit.");
    assertThat(run(Map.of(), "--exprot", "x")).isEqualTo(AuditVerifier.FAILED);
    assertThat(text()).startsWith("There is no option --exprot.");
    assertThat(run(Map.of(), "--export", folder.resolve("none").toString()))
        .isEqualTo(AuditVerifier.FAILED);
    assertThat(run(Map.of(), "--data-folder", folder.toString())).isEqualTo(AuditVerifier.FAILED);
    assertThat(folder.resolve("auth.mv.db")).doesNotExist();
  }

  private Path file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  private int run(Map<String, String> environment, String... arguments) {
    said.reset();
    PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8);
    return new AuditVerifier(out, environment, Book.START.plusSeconds(60)).run(arguments);
  }

  private String text() {
    return said.toString(StandardCharsets.UTF_8);
  }
}
