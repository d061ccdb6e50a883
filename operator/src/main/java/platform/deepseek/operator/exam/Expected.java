package platform.deepseek.operator.exam;

import java.util.Optional;

/** Which answer is right. White space does not count: engines differ in it at the ends. */
sealed interface Expected {

  /** This one, word for word. */
  record Whole(String answer) implements Expected {}

  /** Every one that has this in it: for models that think aloud. */
  record Part(String text) implements Expected {}

  /** The one that the stable revision gives to the same question. */
  record SameAsStable() implements Expected {}

  /** What is wrong with an answer; empty: nothing. */
  static Optional<String> fault(String answer, String right, boolean whole) {
    var said = normalised(answer);
    var wanted = normalised(right);
    if (whole ? said.equals(wanted) : said.contains(wanted)) {
      return Optional.empty();
    }
    return Optional.of(
        "'%s' %s '%s'"
            .formatted(Clipped.of(said), whole ? "instead of" : "without", Clipped.of(wanted)));
  }

  private static String normalised(String text) {
    return text.strip().replaceAll("\\s+", " ");
  }
}
