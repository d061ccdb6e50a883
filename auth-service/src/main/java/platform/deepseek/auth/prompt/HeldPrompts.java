package platform.deepseek.auth.prompt;

import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import platform.deepseek.auth.crypto.Digest;
import platform.deepseek.auth.crypto.KeyRing;
import platform.deepseek.auth.crypto.KeyRings;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.store.Page;
import platform.deepseek.auth.store.Row;
import platform.deepseek.auth.store.Times;

/**
 * The table of what tenants' audits keep of requests. Each tenant has a ring of data keys of its
 * own: forgetting deletes rows and keys, so that a backup's rows open no more either. Blocks.
 */
public final class HeldPrompts {

  /** Of one request at most, in bytes. */
  public static final int MOST_BYTES = 131_072;

  private final Database database;
  private final KeyRings rings;

  public HeldPrompts(Database database, KeyRings rings) {
    this.database = database;
    this.rings = rings;
  }

  /** How many bytes of each request a tenant wants kept; 0: none at all. */
  public int wanted(String tenant) {
    return database.read(
        session ->
            session
                .first(
                    row -> (int) row.number("prompt_bytes"),
                    "SELECT prompt_bytes FROM tenant WHERE id = ?",
                    tenant)
                .orElse(0));
  }

  /** The beginning of a request, as it is kept. */
  public byte[] seal(String tenant, String id, byte[] text) {
    return rings.ring(ring(tenant)).seal(text, belongsTo(tenant, id));
  }

  /** How many bytes of the request are kept. */
  public static int bytes(HeldPrompt prompt) {
    return prompt.sealed().length - KeyRing.OVERHEAD;
  }

  /** Of what is kept, sealed as it is: the book has it too, and so an exchange is seen. */
  public static String digest(byte[] sealed) {
    return HexFormat.of().formatHex(Digest.SHA_256.of(sealed));
  }

  /** Opens it again; fails with CannotOpen when it was changed or forgotten. */
  public String open(HeldPrompt prompt) {
    return new String(
        rings
            .ring(ring(prompt.tenant()))
            .open(prompt.sealed(), belongsTo(prompt.tenant(), prompt.id())),
        StandardCharsets.UTF_8);
  }

  /** Keeps it; told again, the first one stays. */
  public void add(HeldPrompt prompt) {
    database.write(
        session ->
            session.run(
                "INSERT INTO held_prompt (id, tenant_id, account_id, key_id, model, length, sealed,"
                    + " created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                prompt.id(),
                prompt.tenant(),
                prompt.user(),
                prompt.key(),
                prompt.model(),
                prompt.length(),
                prompt.sealed(),
                Times.stored(prompt.createdAt())));
  }

  public Optional<HeldPrompt> find(String id) {
    return database.read(
        session -> session.first(HeldPrompts::read, "SELECT * FROM held_prompt WHERE id = ?", id));
  }

  /** Nothing when there is no row to begin after. */
  public Optional<List<HeldPrompt>> page(Optional<String> tenant, Page page) {
    return database.read(
        session ->
            page.read(
                session, HeldPrompts::read, "held_prompt", Map.of("tenant_id", tenant), "TRUE"));
  }

  /**
   * Forgets all of a tenant: its rows, and the keys that copies of them could be opened with.
   *
   * @return how many there were
   */
  public int forget(String tenant) {
    int rows =
        database.write(
            session -> session.run("DELETE FROM held_prompt WHERE tenant_id = ?", tenant));
    rings.shred(ring(tenant));
    return rows;
  }

  /**
   * Deletes what is older.
   *
   * @return how many there were
   */
  public int forget(Instant before) {
    return database.write(
        session -> session.run("DELETE FROM held_prompt WHERE created_at < ?", before));
  }

  private static String ring(String tenant) {
    return "prompts/" + tenant;
  }

  private static byte[] belongsTo(String tenant, String id) {
    return ("held-prompt/" + tenant + "/" + id).getBytes(StandardCharsets.UTF_8);
  }

  private static HeldPrompt read(Row row) throws SQLException {
    return new HeldPrompt(
        row.text("id"),
        row.text("tenant_id"),
        row.text("account_id"),
        row.text("key_id"),
        row.text("model"),
        row.number("length"),
        row.bytes("sealed"),
        row.time("created_at"));
  }
}
