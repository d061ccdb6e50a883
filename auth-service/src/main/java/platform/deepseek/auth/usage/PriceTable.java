package platform.deepseek.auth.usage;

import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
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
    update(model, old -> Optional.of(price));
  }

  /**
   * Replaces a model's price by what is made of it.
   *
   * @param change from nothing when there is none, to nothing when there shall be none; may refuse
   *     by an exception
   */
  public void update(String model, UnaryOperator<Optional<Price>> change) {
    database.change(
        session -> {
          Optional<Price> fresh =
              change.apply(Optional.ofNullable(all(session).prices().get(model)));
          session.run("DELETE FROM price WHERE model = ?", model);
          if (fresh.isPresent()) {
            Price price = fresh.get();
            session.run(
                "INSERT INTO price (model, prompt, cached, completion) VALUES (?, ?, ?, ?)",
                model,
                price.prompt(),
                price.cached(),
                price.completion());
          }
          return null;
        });
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
