package platform.deepseek.inference.grammar.regular;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntPredicate;

/** A set of Unicode scalar values: code points without surrogates, which no text contains. */
public final class CodePointSet {

  public static final CodePointSet ALL = of(0, 0x10FFFF);

  private static final int FIRST_SURROGATE = 0xD800;
  private static final int LAST_SURROGATE = 0xDFFF;
  private static final Map<String, CodePointSet> PROPERTIES = new ConcurrentHashMap<>();

  /** First and last of each range in turn, sorted, neither overlapping nor adjoining. */
  private final int[] ranges;

  private CodePointSet(int[] ranges) {
    this.ranges = ranges;
  }

  /** Both ends included; surrogates between them are left out. */
  public static CodePointSet of(int first, int last) {
    return normalized(List.of(new int[] {first, last}));
  }

  /** The characters of a text. */
  public static CodePointSet ofCharacters(String characters) {
    return normalized(characters.codePoints().mapToObj(c -> new int[] {c, c}).toList());
  }

  public static CodePointSet union(List<CodePointSet> sets) {
    var all = new ArrayList<int[]>();
    for (var set : sets) {
      for (int i = 0; i < set.ranges(); i++) {
        all.add(new int[] {set.first(i), set.last(i)});
      }
    }
    return normalized(all);
  }

  /** All code points with a property, computed once per name. */
  static CodePointSet ofProperty(String name, IntPredicate property) {
    return PROPERTIES.computeIfAbsent(name, ignored -> matching(property));
  }

  private static CodePointSet matching(IntPredicate property) {
    var found = new ArrayList<int[]>();
    int first = -1;
    for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
      boolean inside = property.test(c);
      if (inside && first < 0) {
        first = c;
      } else if (!inside && first >= 0) {
        found.add(new int[] {first, c - 1});
        first = -1;
      }
    }
    if (first >= 0) {
      found.add(new int[] {first, Character.MAX_CODE_POINT});
    }
    return normalized(found);
  }

  public CodePointSet complement() {
    var gaps = new ArrayList<int[]>();
    int next = 0;
    for (int i = 0; i < ranges(); i++) {
      if (first(i) > next) {
        gaps.add(new int[] {next, first(i) - 1});
      }
      next = last(i) + 1;
    }
    if (next <= Character.MAX_CODE_POINT) {
      gaps.add(new int[] {next, Character.MAX_CODE_POINT});
    }
    return normalized(gaps);
  }

  public int ranges() {
    return ranges.length / 2;
  }

  public int first(int range) {
    return ranges[2 * range];
  }

  public int last(int range) {
    return ranges[2 * range + 1];
  }

  public boolean isEmpty() {
    return ranges.length == 0;
  }

  private static CodePointSet normalized(List<int[]> unordered) {
    var scalars = new ArrayList<int[]>();
    for (int[] range : unordered) {
      addIfAny(scalars, range[0], Math.min(range[1], FIRST_SURROGATE - 1));
      addIfAny(scalars, Math.max(range[0], LAST_SURROGATE + 1), range[1]);
    }
    scalars.sort(Comparator.comparingInt(range -> range[0]));
    int[] merged = new int[2 * scalars.size()];
    int used = 0;
    for (int[] range : scalars) {
      if (used > 0 && range[0] <= merged[used - 1] + 1) {
        merged[used - 1] = Math.max(merged[used - 1], range[1]);
      } else {
        merged[used++] = range[0];
        merged[used++] = range[1];
      }
    }
    return new CodePointSet(Arrays.copyOf(merged, used));
  }

  private static void addIfAny(List<int[]> to, int first, int last) {
    if (first <= last) {
      to.add(new int[] {first, last});
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CodePointSet set && Arrays.equals(ranges, set.ranges);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(ranges);
  }
}
