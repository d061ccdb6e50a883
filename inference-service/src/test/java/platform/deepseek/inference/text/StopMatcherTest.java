package platform.deepseek.inference.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StopMatcherTest {

  private record Result(String text, Optional<String> matched) {}

  @Test
  void textBeforeTheStopStringComesOut() {
    var matcher = new StopMatcher(List.of("\n\n", "END"));

    assertThat(matcher.append("one\ntwo E")).isEqualTo("one\ntwo ");
    assertThat(matcher.append("N")).isEmpty();
    assertThat(matcher.append("T E")).isEqualTo("ENT ");
    assertThat(matcher.append("NDless")).isEmpty();
    assertThat(matcher.matched()).contains("END");
    assertThat(matcher.append("more")).isEmpty();
    assertThat(matcher.flush()).isEmpty();
  }

  @Test
  void whatWasHeldBackComesOutAtTheEnd() {
    var matcher = new StopMatcher(List.of("</answer>"));

    assertThat(matcher.append("42</ans")).isEqualTo("42");
    assertThat(matcher.flush()).isEqualTo("</ans");
    assertThat(matcher.matched()).isEmpty();
  }

  @Test
  void withoutStopStringsNothingIsHeldBack() {
    var matcher = new StopMatcher(List.of());

    assertThat(matcher.append("any text")).isEqualTo("any text");
    assertThat(matcher.flush()).isEmpty();
  }

  @Test
  void theStopStringThatIsCompleteFirstWins() {
    assertThat(all(List.of("abcd", "bc"), "xabcd")).isEqualTo(new Result("xa", Optional.of("bc")));
  }

  @Test
  void theLongestOfThoseThatAreCompleteTogetherWins() {
    assertThat(all(List.of("c", "bc"), "abc")).isEqualTo(new Result("a", Optional.of("bc")));
  }

  @Test
  void aStopStringInsideAFailedLongerOneIsFound() {
    assertThat(all(List.of("aabaax", "ba"), "aabaay"))
        .isEqualTo(new Result("aa", Optional.of("ba")));
  }

  @Test
  void anySplitOfATextGivesTheSameResult() {
    var random = new Random(13);
    for (int round = 0; round < 5_000; round++) {
      String text = RandomText.composed(random, List.of("a", "b", "c", "\uD83D\uDE00"), 40);
      var stops =
          IntStream.range(0, 1 + random.nextInt(4))
              .mapToObj(
                  i -> RandomText.composed(random, List.of("a", "b", "c"), 1 + random.nextInt(5)))
              .toList();
      var expected = reference(stops, text);

      assertThat(all(stops, text)).isEqualTo(expected);
      assertThat(split(stops, text, random)).isEqualTo(expected);
    }
  }

  @Test
  void noMoreIsHeldBackThanMayBecomeAStopString() {
    var random = new Random(17);
    for (int round = 0; round < 1_000; round++) {
      String stop = RandomText.composed(random, List.of("a", "b"), 1 + random.nextInt(5));
      var matcher = new StopMatcher(List.of(stop));
      var seen = new StringBuilder();
      int emitted = 0;
      for (int i = 0; i < 30 && matcher.matched().isEmpty(); i++) {
        char c = random.nextBoolean() ? 'a' : 'b';
        seen.append(c);
        emitted += matcher.append(String.valueOf(c)).length();
        String held = seen.substring(emitted);

        assertThat(stop).startsWith(held);
      }
    }
  }

  @Test
  void tooManyStopStringsAreRefusedWithTheirNumber() {
    assertThatThrownBy(() -> new StopMatcher(Collections.nCopies(17, "x")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("17 stop strings given, at most 16 are possible: leave some out.");
  }

  @Test
  void anEmptyStopStringIsRefused() {
    assertThatThrownBy(() -> new StopMatcher(List.of("a", "")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("empty");
  }

  private static Result all(List<String> stops, String text) {
    var matcher = new StopMatcher(stops);
    return new Result(matcher.append(text) + matcher.flush(), matcher.matched());
  }

  private static Result split(List<String> stops, String text, Random random) {
    var matcher = new StopMatcher(stops);
    var out = new StringBuilder();
    int at = 0;
    while (at < text.length()) {
      int end = Math.min(text.length(), at + random.nextInt(5));
      out.append(matcher.append(text.substring(at, end)));
      at = end;
    }
    return new Result(out + matcher.flush(), matcher.matched());
  }

  private static Result reference(List<String> stops, String text) {
    for (int end = 0; end <= text.length(); end++) {
      String read = text.substring(0, end);
      var longest =
          stops.stream()
              .filter(read::endsWith)
              .max((a, b) -> Integer.compare(a.length(), b.length()));
      if (longest.isPresent()) {
        return new Result(
            read.substring(0, end - longest.get().length()), Optional.of(longest.get()));
      }
    }
    return new Result(text, Optional.empty());
  }
}
