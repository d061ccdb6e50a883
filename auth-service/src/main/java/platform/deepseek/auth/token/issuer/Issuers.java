package platform.deepseek.auth.token.issuer;

import java.sql.SQLException;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.store.Row;
import platform.deepseek.auth.store.Session;
import platform.deepseek.auth.store.Times;

/** The table of identity providers. */
public final class Issuers {

  private final Database database;
  private final InstantSource clock;

  public Issuers(Database database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
  }

  /**
   * @throws platform.deepseek.auth.store.Conflict when there is one of that address or prefix, or
   *     the tenant is none
   */
  public Issuer create(
      String url, String tenant, Issuer.Terms terms, Optional<Issuer.Introspection> introspection) {
    Issuer issuer =
        new Issuer(
            UUID.randomUUID().toString(),
            url,
            tenant,
            terms,
            introspection,
            Times.stored(clock.instant()));
    database.change(
        session ->
            session.run(
                """
                INSERT INTO issuer (id, url, tenant_id, terms, introspection_client,
                  introspection_secret, opaque_prefix, introspect_every, created_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                issuer.id(),
                issuer.url(),
                issuer.tenant(),
                TermsJson.write(terms),
                introspection.map(Issuer.Introspection::client).orElse(null),
                introspection.map(Issuer.Introspection::sealedSecret).orElse(null),
                introspection.flatMap(Issuer.Introspection::opaquePrefix).orElse(null),
                introspection.map(Issuer.Introspection::everyToken).orElse(false),
                issuer.createdAt()));
    return issuer;
  }

  /** Its tokens, and those asked about there, are refused from the next poll on. */
  public boolean remove(String id) {
    return database.change(session -> session.run("DELETE FROM issuer WHERE id = ?", id)) == 1;
  }

  public List<Issuer> all() {
    return database.read(Issuers::all);
  }

  public Optional<Issuer> find(String id) {
    return database.read(
        session -> session.first(Issuers::read, "SELECT * FROM issuer WHERE id = ?", id));
  }

  static Map<String, Issuer> byUrl(Session session) throws SQLException {
    return all(session).stream().collect(Collectors.toUnmodifiableMap(Issuer::url, one -> one));
  }

  /** Those that have tokens which are no JWT, the longest prefix first. */
  static List<Issuer> withOpaqueTokens(Session session) throws SQLException {
    return all(session).stream()
        .filter(issuer -> issuer.opaquePrefix().isPresent())
        .sorted(
            Comparator.comparingInt(
                (Issuer issuer) -> -issuer.opaquePrefix().orElseThrow().length()))
        .toList();
  }

  private static List<Issuer> all(Session session) throws SQLException {
    return session.list(Issuers::read, "SELECT * FROM issuer ORDER BY created_at, id");
  }

  private static Issuer read(Row row) throws SQLException {
    String client = row.text("introspection_client");
    return new Issuer(
        row.text("id"),
        row.text("url"),
        row.text("tenant_id"),
        TermsJson.read(row.text("terms")),
        client == null
            ? Optional.empty()
            : Optional.of(
                new Issuer.Introspection(
                    client,
                    row.text("introspection_secret"),
                    Optional.ofNullable(row.text("opaque_prefix")),
                    row.flag("introspect_every"))),
        row.time("created_at"));
  }
}
