package platform.deepseek.auth.factor;

import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import platform.deepseek.auth.credential.Pepper;
import platform.deepseek.auth.crypto.KeyRing;
import platform.deepseek.auth.crypto.SealedColumn;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.store.Row;
import platform.deepseek.auth.store.Session;
import platform.deepseek.auth.store.Times;

/**
 * The table of second factors: one row a user, which every look at a code holds locked from its
 * first statement to its last. However many replicas are shown codes at once, they are therefore
 * judged one after the other: a time step is accepted once, a wrong code is counted before the next
 * one is looked at, and a burst of guesses gets no more tries than a row of them.
 *
 * <p>A new secret waits as the pending one beside the active one until its first code came: who
 * mistypes it into the app has lost nothing.
 */
public final class Factors {

  /** Name of the ring that secrets are sealed with. */
  public static final String RING = "second-factor";

  /** Secrets that work, and those that wait for their first code. */
  public static final List<SealedColumn> SEALED =
      Stream.of("active", "pending")
          .map(
              column ->
                  new SealedColumn(
                      RING,
                      "second_factor",
                      "account_id",
                      column,
                      SealedColumn.Form.BYTES,
                      row -> context(row.text("account_id"))))
          .toList();

  private static final String CONTEXT = "deepseek-totp/v1 ";

  /** A secret may be sealed anew between reading and locking its row, once in a week. */
  private static final int TRIES = 2;

  /** Both secrets are sealed, and null where there is none. */
  private record Stored(
      byte[] active,
      byte[] pending,
      Instant confirmedAt,
      long lastStep,
      int failures,
      Instant lockedUntil) {

    static Stored read(Row row) throws SQLException {
      return new Stored(
          row.bytes("active"),
          row.bytes("pending"),
          row.time("confirmed_at"),
          row.number("last_step"),
          (int) row.number("failures"),
          row.time("locked_until"));
    }
  }

  /** Takes what is shown for right, and keeps that it was used. */
  @FunctionalInterface
  private interface Judge {
    Proof judge(Session session, Stored stored, Instant now) throws SQLException;
  }

  private final Database database;
  private final KeyRing ring;
  private final RecoveryCodes recoveryCodes;
  private final Totp totp;
  private final String issuer;
  private final InstantSource clock;

  /**
   * @param ring that secrets are sealed with
   * @param totp that new secrets are for
   * @param issuer that apps show
   */
  public Factors(
      Database database,
      KeyRing ring,
      Pepper pepper,
      Totp totp,
      String issuer,
      InstantSource clock) {
    this.database = database;
    this.ring = ring;
    this.recoveryCodes = new RecoveryCodes(pepper);
    this.totp = totp;
    this.issuer = issuer;
    this.clock = clock;
  }

  /**
   * Makes a secret that waits for its first code; what worked before works until then.
   *
   * @param label that the app shows beside the issuer
   */
  public Enrolment enrol(String user, String label) {
    Enrolment enrolment = prepare(user, label);
    return database.write(
        session -> {
          store(session, enrolment);
          return enrolment;
        });
  }

  /** Makes a secret that is not stored yet; sealing it may ask the database for a key. */
  public Enrolment prepare(String user, String label) {
    TotpSecret secret = TotpSecret.create(totp);
    return new Enrolment(
        user,
        secret.base32(),
        secret.uri(issuer, label),
        ring.seal(secret.encode(), context(user)));
  }

  /** Stores what was prepared, in a transaction that is open. */
  public static void store(Session session, Enrolment enrolment) throws SQLException {
    if (session.run(
            "UPDATE second_factor SET pending = ? WHERE account_id = ?",
            enrolment.sealed(),
            enrolment.user())
        == 0) {
      session.run(
          "INSERT INTO second_factor (account_id, pending, last_step, failures)"
              + " VALUES (?, ?, 0, 0)",
          enrolment.user(),
          enrolment.sealed());
    }
  }

  private static byte[] context(String user) {
    return (CONTEXT + user).getBytes(StandardCharsets.UTF_8);
  }

  /** Takes the first code of a pending secret, which then is the one that works. */
  public Confirmation confirm(String user, String shown) {
    Confirmation confirmation = new Confirmation(new Proof.NotEnrolled(), List.of());
    for (int i = 0; i < TRIES && confirmation.proof() instanceof Proof.NotEnrolled; i++) {
      Stored known = find(user).orElse(null);
      if (known == null || known.pending() == null) {
        return confirmation;
      }
      confirmation = confirm(user, shown, known);
    }
    return confirmation;
  }

  private Confirmation confirm(String user, String shown, Stored known) {
    TotpSecret secret = open(user, known.pending());
    return database.write(
        session -> {
          Proof proof =
              attempt(
                  session,
                  user,
                  (inside, stored, now) ->
                      Arrays.equals(stored.pending(), known.pending())
                          ? activate(inside, user, stored, secret, shown, now)
                          : new Proof.NotEnrolled());
          return new Confirmation(
              proof,
              proof instanceof Proof.Accepted ? recoveryCodes.replace(session, user) : List.of());
        });
  }

  private static Proof activate(
      Session session, String user, Stored stored, TotpSecret secret, String shown, Instant now)
      throws SQLException {
    OptionalLong step = secret.totp().match(secret.bytes(), shown.strip(), now);
    if (step.isEmpty()) {
      return wrong(stored);
    }
    session.run(
        "UPDATE second_factor SET active = pending, pending = NULL, confirmed_at = ?, last_step = ?"
            + " WHERE account_id = ?",
        Times.stored(now),
        step.getAsLong(),
        user);
    return new Proof.Accepted(Proof.Method.TOTP);
  }

  /** Takes a code of the app, or one for recovery, once. */
  public Proof prove(String user, String shown) {
    Proof proof = new Proof.NotEnrolled();
    for (int i = 0; i < TRIES && proof instanceof Proof.NotEnrolled; i++) {
      Stored known = find(user).orElse(null);
      if (known == null || known.active() == null) {
        return proof;
      }
      proof = prove(user, shown, known);
    }
    return proof;
  }

  private Proof prove(String user, String shown, Stored known) {
    TotpSecret secret = open(user, known.active());
    return database.write(
        session ->
            attempt(
                session,
                user,
                (inside, stored, now) ->
                    Arrays.equals(stored.active(), known.active())
                        ? judge(inside, user, stored, secret, shown, now)
                        : new Proof.NotEnrolled()));
  }

  private Proof judge(
      Session session, String user, Stored stored, TotpSecret secret, String shown, Instant now)
      throws SQLException {
    OptionalLong step = secret.totp().match(secret.bytes(), shown.strip(), now);
    if (step.isPresent()) {
      if (step.getAsLong() <= stored.lastStep()) {
        return new Proof.Replayed();
      }
      session.run(
          "UPDATE second_factor SET last_step = ? WHERE account_id = ?", step.getAsLong(), user);
      return new Proof.Accepted(Proof.Method.TOTP);
    }
    return recoveryCodes.use(session, user, shown, Times.stored(now))
        ? new Proof.Accepted(Proof.Method.RECOVERY)
        : wrong(stored);
  }

  private Proof attempt(Session session, String user, Judge judge) throws SQLException {
    Optional<Stored> locked =
        session.first(
            Stored::read, "SELECT * FROM second_factor WHERE account_id = ? FOR UPDATE", user);
    if (locked.isEmpty()) {
      return new Proof.NotEnrolled();
    }
    Stored stored = locked.get();
    Instant now = clock.instant();
    if (stored.lockedUntil() != null && now.isBefore(stored.lockedUntil())) {
      return new Proof.Locked(stored.lockedUntil());
    }
    Proof proof = judge.judge(session, stored, now);
    switch (proof) {
      case Proof.Accepted accepted -> count(session, user, 0, null);
      case Proof.Wrong wrong -> {
        int failures = stored.failures() + 1;
        Duration pause = Lockout.after(failures);
        count(session, user, failures, pause.isZero() ? null : Times.stored(now.plus(pause)));
      }
      case Proof.Replayed replayed -> {}
      case Proof.Locked still -> {}
      case Proof.NotEnrolled none -> {}
    }
    return proof;
  }

  private static void count(Session session, String user, int failures, Instant lockedUntil)
      throws SQLException {
    session.run(
        "UPDATE second_factor SET failures = ?, locked_until = ? WHERE account_id = ?",
        failures,
        lockedUntil,
        user);
  }

  private static Proof wrong(Stored stored) {
    return new Proof.Wrong(Math.max(0, Lockout.FREE_TRIES - 1 - stored.failures()));
  }

  /** New recovery codes in place of the old ones; nothing for a user without a second factor. */
  public Optional<List<String>> renewRecoveryCodes(String user) {
    return database.write(
        session -> {
          Optional<Stored> stored =
              session.first(
                  Stored::read,
                  "SELECT * FROM second_factor WHERE account_id = ? FOR UPDATE",
                  user);
          return stored.isPresent() && stored.get().active() != null
              ? Optional.of(recoveryCodes.replace(session, user))
              : Optional.empty();
        });
  }

  /** Forgets secret and codes; the user has to be enrolled anew. */
  public static void remove(Session session, String user) throws SQLException {
    session.run("DELETE FROM recovery_code WHERE account_id = ?", user);
    session.run("DELETE FROM second_factor WHERE account_id = ?", user);
  }

  public FactorStatus status(String user) {
    Instant now = clock.instant();
    return database.read(
        session -> {
          Optional<Stored> stored = find(session, user);
          if (stored.isEmpty()) {
            return FactorStatus.NONE;
          }
          Stored one = stored.get();
          return new FactorStatus(
              Optional.ofNullable(one.confirmedAt()),
              one.pending() != null,
              RecoveryCodes.left(session, user),
              one.failures(),
              Optional.ofNullable(one.lockedUntil()).filter(now::isBefore));
        });
  }

  /** Read and opened before the row is locked: opening may ask the database for a key. */
  private Optional<Stored> find(String user) {
    return database.read(session -> find(session, user));
  }

  private static Optional<Stored> find(Session session, String user) throws SQLException {
    return session.first(Stored::read, "SELECT * FROM second_factor WHERE account_id = ?", user);
  }

  private TotpSecret open(String user, byte[] sealed) {
    return TotpSecret.decode(ring.open(sealed, context(user)));
  }
}
