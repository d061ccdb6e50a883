package platform.deepseek.auth.crypto;

import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.store.Row;
import platform.deepseek.auth.store.Times;

/**
 * The table of signing keys, by purpose; private parts are sealed. When to make new ones is up to
 * each purpose.
 */
public final class SigningKeys {

  /** A key with the time it was made. */
  public record Kept(SigningKey key, Instant createdAt) {}

  private static final String RING = "signing-keys";

  /** Private parts. */
  public static final SealedColumn SEALED =
      new SealedColumn(
          RING,
          "signing_key",
          "kid",
          "private_jwk",
          SealedColumn.Form.BYTES,
          row -> belongsTo(row.text("kid"), row.text("purpose")));

  private final Database database;
  private final KeyRing ring;
  private final InstantSource clock;

  public SigningKeys(Database database, KeyRings rings, InstantSource clock) {
    this.database = database;
    this.ring = rings.ring(RING);
    this.clock = clock;
  }

  /**
   * @param purpose such as {@code audit} or {@code token}
   * @return oldest first
   */
  public List<Kept> all(String purpose) {
    return database
        .read(
            session ->
                session.list(
                    Sealed::read,
                    "SELECT * FROM signing_key WHERE purpose = ? ORDER BY created_at, kid",
                    purpose))
        .stream()
        .map(this::open)
        .toList();
  }

  public Kept add(String purpose, SignatureAlgorithm algorithm) {
    SigningKey key = SigningKey.generate(algorithm);
    Instant now = Times.stored(clock.instant());
    byte[] secret = key.privateJwk().getBytes(StandardCharsets.UTF_8);
    byte[] sealed = ring.seal(secret, belongsTo(key.kid(), purpose));
    database.write(
        session ->
            session.run(
                "INSERT INTO signing_key (kid, purpose, private_jwk, created_at)"
                    + " VALUES (?, ?, ?, ?)",
                key.kid(),
                purpose,
                sealed,
                now));
    return new Kept(key, now);
  }

  /** Forgets a key that nothing is verified with any more. */
  public boolean remove(String kid) {
    return database.write(session -> session.run("DELETE FROM signing_key WHERE kid = ?", kid))
        == 1;
  }

  /** With no connection in hand: opening may ask the database for a data key, on another one. */
  private Kept open(Sealed sealed) {
    byte[] secret = ring.open(sealed.secret(), belongsTo(sealed.kid(), sealed.purpose()));
    return new Kept(
        SigningKey.ofJwk(new String(secret, StandardCharsets.UTF_8)), sealed.createdAt());
  }

  private record Sealed(String kid, String purpose, byte[] secret, Instant createdAt) {
    static Sealed read(Row row) throws SQLException {
      return new Sealed(
          row.text("kid"), row.text("purpose"), row.bytes("private_jwk"), row.time("created_at"));
    }
  }

  private static byte[] belongsTo(String kid, String purpose) {
    return ("signing-key/" + purpose + "/" + kid).getBytes(StandardCharsets.UTF_8);
  }
}
