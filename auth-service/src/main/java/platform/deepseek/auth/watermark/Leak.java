package platform.deepseek.auth.watermark;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Reads the marks in a text that was found where it should not be. */
public final class Leak {

  /** Where a mark was hidden. */
  public enum Way {
    REFERENCE,
    INVISIBLE,
    TIMES
  }

  private static final Pattern REFERENCE = Pattern.compile("(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])");
  private static final Pattern TIME =
      Pattern.compile("\\d{4}-\\d{2}-\\d{2}([T ])\\d{2}:\\d{2}:\\d{2}");

  private final Watermark watermark;

  public Leak(Watermark watermark) {
    this.watermark = watermark;
  }

  /** All that are in it, with the ways they were found. */
  public Map<Mark, Set<Way>> marks(String text) {
    Map<Way, List<Mark>> found = new EnumMap<>(Way.class);
    found.put(Way.REFERENCE, references(text));
    found.put(Way.INVISIBLE, invisible(text));
    found.put(Way.TIMES, times(text));
    Map<Mark, Set<Way>> marks = new LinkedHashMap<>();
    found.forEach(
        (way, list) ->
            list.forEach(mark -> marks.computeIfAbsent(mark, fresh -> EnumSet.of(way)).add(way)));
    return marks;
  }

  private List<Mark> references(String text) {
    return REFERENCE
        .matcher(text)
        .results()
        .map(MatchResult::group)
        .map(watermark::ofReference)
        .flatMap(Optional::stream)
        .distinct()
        .toList();
  }

  private List<Mark> invisible(String text) {
    StringBuilder bits = new StringBuilder();
    List<Mark> marks = new ArrayList<>();
    for (int i = 0; i <= text.length(); i++) {
      char c = i < text.length() ? text.charAt(i) : ' ';
      if (c == Watermark.ZERO || c == Watermark.ONE) {
        bits.append(c == Watermark.ONE ? '1' : '0');
      } else {
        marks.addAll(windows(bits, 0));
        bits.setLength(0);
      }
    }
    return marks.stream().distinct().toList();
  }

  private List<Mark> times(String text) {
    StringBuilder bits = new StringBuilder();
    TIME.matcher(text)
        .results()
        .forEach(time -> bits.append(time.group(1).equals(" ") ? '1' : '0'));
    List<Mark> marks = new ArrayList<>();
    // A piece may begin with any row, so all beginnings are tried.
    for (int turn = 0; turn < Long.SIZE; turn++) {
      marks.addAll(windows(bits, turn));
    }
    return marks.stream().distinct().toList();
  }

  /** All genuine marks among 64 neighbours, read from the bit that {@code turn} says on. */
  private List<Mark> windows(CharSequence bits, int turn) {
    List<Mark> marks = new ArrayList<>();
    for (int at = 0; at + Long.SIZE <= bits.length(); at++) {
      String window = bits.subSequence(at, at + Long.SIZE).toString();
      Mark mark = new Mark(Long.rotateRight(Long.parseUnsignedLong(window, 2), turn));
      if (watermark.isGenuine(mark)) {
        marks.add(mark);
      }
    }
    return marks;
  }
}
