package platform.deepseek.auth.usage;

import java.sql.SQLException;
import java.util.Map;
import java.util.stream.Collectors;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.store.Session;

/** The table of prices. */
public final class PriceTable {

  private final Database database;

  public PriceTable(Database database) {
    this.database = database;
  }

  public void set(String model, Price price) {
    database.change(
        session -> {
          session.run("DELETE FROM price WHERE model = ?", model);
          return session.run(
              "INSERT INTO price (model, prompt, cached, completion) VALUES (?, ?, ?, ?)",
              model,
              price.prompt(),
              price.cached(),
              price.completion());
        });
  }

  public boolean remove(String model) {
    return database.change(session -> session.run("DELETE FROM price WHERE model = ?", model)) == 1;
  }

  public PriceList all() {
    return database.read(PriceTable::all);
  }

  public static PriceList all(Session session) throws SQLException {
    return new PriceList(
        session
            .list(
                row ->
                    Map.entry(
                        row.text("model"),
                        new Price(
                            row.number("prompt"), row.number("cached"), row.number("completion"))),
                "SELECT * FROM price")
            .stream()
            .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)));
  }
}
