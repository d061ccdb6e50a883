package platform.deepseek.inference.api.generation;

import java.util.List;
import java.util.Locale;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.json.Fields;

/** The strings that end an answer, whatever a dialect calls them. */
public final class StopStrings {

  public static final int MOST = 16;

  /** Characters of one: their automaton takes a hundred bytes of memory for each. */
  public static final int LONGEST = 1_000;

  private StopStrings() {}

  /**
   * @param field where they were
   * @throws ApiException one cannot be used
   */
  public static List<String> checked(Fields body, String field, List<String> stops) {
    for (String stop : stops) {
      if (stop.isEmpty()) {
        throw body.invalid(field, "an empty string would end every answer at once.");
      }
      if (stop.length() > LONGEST) {
        throw body.invalid(
            field,
            String.format(
                Locale.ROOT,
                "at most %,d characters each, but one has %,d.",
                LONGEST,
                stop.length()));
      }
    }
    return List.copyOf(stops);
  }

  /**
   * @throws ApiException there are too many
   */
  public static void requireFew(Fields body, String field, int stops) {
    if (stops > MOST) {
      throw body.invalid(field, "at most %d strings, but got %d.".formatted(MOST, stops));
    }
  }
}
