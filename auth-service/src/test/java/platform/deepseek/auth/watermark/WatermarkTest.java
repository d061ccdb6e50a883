package platform.deepseek.auth.watermark;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What survives of a mark, and what does not. */
class WatermarkTest {

  private static final Instant TIME = Instant.parse("2026-11-22T09:00:00.5Z");

  private final Watermark watermark = new Watermark("secret".getBytes(StandardCharsets.UTF_8));
  private final Leak leak = new Leak(watermark);
  private final Mark mark = watermark.create();

  @Test
  void oneReferenceIsEnough() {
    String row = "2026 keys.create " + watermark.reference(mark, 17) + " succeeded";
    assertThat(leak.marks(row)).containsOnlyKeys(mark);
    assertThat(leak.marks(row).get(mark)).containsExactly(Leak.Way.REFERENCE);
    assertThat(watermark.reference(mark, 17)).isNotEqualTo(watermark.reference(mark, 18));
  }

  @Test
  void aCopiedSentenceCarriesTheMarkUnseen() {
    String sentence = Watermark.hidden("succeeded", mark);
    assertThat(sentence.replaceAll("[\u200b\u200c]", "")).isEqualTo("succeeded");
    assertThat(leak.marks("x" + sentence + "y").get(mark)).containsExactly(Leak.Way.INVISIBLE);
    assertThat(Watermark.hidden("", mark)).isEmpty();
    assertThat(Watermark.hidden("\ud83d\ude00", mark)).startsWith("\ud83d\ude00");
  }

  @Test
  void sixtyFourTimesCarryTheMarkFromAnyRowOn() {
    for (int from : List.of(0, 1, 63, 100)) {
      assertThat(leak.marks(times(from, from + 64))).as("from row %d", from).containsKey(mark);
    }
    assertThat(leak.marks(times(0, 63))).isEmpty();
  }

  @Test
  void whoSawSomethingElseIsNotAccused() {
    Watermark others = new Watermark("other".getBytes(StandardCharsets.UTF_8));
    Mark theirs = others.create();
    assertThat(leak.marks(others.reference(theirs, 1))).isEmpty();
    Random random = new Random(7);
    String noise =
        IntStream.range(0, 1_000)
            .mapToObj(i -> "%016x%016x".formatted(random.nextLong(), random.nextLong()))
            .collect(Collectors.joining(" "));
    assertThat(leak.marks(noise)).isEmpty();
  }

  @Test
  void marksAreGenuineAndDifferent() {
    assertThat(watermark.isGenuine(mark)).isTrue();
    assertThat(watermark.isGenuine(new Mark(mark.bits() ^ 1))).isFalse();
    assertThat(watermark.create()).isNotEqualTo(mark);
    assertThat(mark.text()).hasSize(16);
  }

  private String times(int from, int to) {
    return IntStream.range(from, to)
        .mapToObj(row -> Watermark.time(TIME, mark, row))
        .collect(Collectors.joining("\n"));
  }
}
