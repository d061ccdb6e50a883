package platform.deepseek.auth.admin;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import platform.deepseek.auth.admin.Views.Listing;
import platform.deepseek.auth.error.BadRequest;
import platform.deepseek.auth.store.Page;

/**
 * Which part of a list is asked for: {@code limit} rows behind the one that {@code after} names.
 */
final class Paging {

  private static final int USUAL = 100;
  private static final long MOST = 1_000;

  private Paging() {}

  static int limit(Long asked) {
    if (asked == null) {
      return USUAL;
    }
    if (asked < 1 || asked > MOST) {
      throw BadRequest.invalid("limit", "%d is not from 1 to %d.".formatted(asked, MOST));
    }
    return asked.intValue();
  }

  /** One more than asked for: whether there is more is thereby known. */
  static Page page(Long limit, String after) {
    return new Page(limit(limit) + 1, Optional.ofNullable(after));
  }

  /**
   * @param found as {@link #page} asked for them; nothing when there is no row to begin after
   */
  static <T, V> Listing<V> listing(
      Long limit, Optional<List<T>> found, Function<T, V> view, Function<T, String> cursor) {
    List<T> rows =
        found.orElseThrow(() -> BadRequest.invalid("after", "the list has no such row."));
    int most = limit(limit);
    List<T> shown = rows.size() > most ? rows.subList(0, most) : rows;
    return new Listing<>(
        shown.stream().map(view).toList(),
        rows.size() > most ? cursor.apply(shown.getLast()) : null);
  }
}
