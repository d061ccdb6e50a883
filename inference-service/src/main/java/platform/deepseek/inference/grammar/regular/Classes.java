package platform.deepseek.inference.grammar.regular;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.TreeSet;

/**
 * A partition of all code points: two code points of one class are in the same of the given sets,
 * so that an automaton needs one transition per class.
 */
final class Classes {

  /** Where each interval starts; it ends before the next one. */
  private final int[] starts;

  private final int[] classes;
  private final int count;

  private Classes(int[] starts, int[] classes, int count) {
    this.starts = starts;
    this.classes = classes;
    this.count = count;
  }

  static Classes of(List<CodePointSet> sets) {
    var distinct = sets.stream().distinct().toList();
    int[] starts = boundaries(distinct);
    var signatures = new ArrayList<List<Integer>>();
    for (int i = 0; i < starts.length; i++) {
      signatures.add(new ArrayList<>());
    }
    for (int s = 0; s < distinct.size(); s++) {
      var set = distinct.get(s);
      for (int r = 0; r < set.ranges(); r++) {
        int at = Arrays.binarySearch(starts, set.first(r));
        while (at < starts.length && starts[at] <= set.last(r)) {
          signatures.get(at++).add(s);
        }
      }
    }
    return numbered(starts, signatures);
  }

  /** The coarsest partition that is finer than both. */
  static Classes meet(Classes one, Classes other) {
    int[] starts =
        Arrays.stream(new int[][] {one.starts, other.starts})
            .flatMapToInt(Arrays::stream)
            .sorted()
            .distinct()
            .toArray();
    var signatures = new ArrayList<List<Integer>>();
    for (int start : starts) {
      signatures.add(List.of(one.of(start), other.of(start)));
    }
    return numbered(starts, signatures);
  }

  private static Classes numbered(int[] starts, List<List<Integer>> signatures) {
    var numbers = new HashMap<List<Integer>, Integer>();
    int[] classes = new int[starts.length];
    for (int i = 0; i < starts.length; i++) {
      classes[i] = numbers.computeIfAbsent(signatures.get(i), ignored -> numbers.size());
    }
    return new Classes(starts, classes, numbers.size());
  }

  private static int[] boundaries(List<CodePointSet> sets) {
    var all = new TreeSet<Integer>(List.of(0));
    for (var set : sets) {
      for (int r = 0; r < set.ranges(); r++) {
        all.add(set.first(r));
        if (set.last(r) < Character.MAX_CODE_POINT) {
          all.add(set.last(r) + 1);
        }
      }
    }
    return all.stream().mapToInt(Integer::intValue).toArray();
  }

  int count() {
    return count;
  }

  int intervals() {
    return starts.length;
  }

  int first(int interval) {
    return starts[interval];
  }

  int last(int interval) {
    return interval + 1 < starts.length ? starts[interval + 1] - 1 : Character.MAX_CODE_POINT;
  }

  int ofInterval(int interval) {
    return classes[interval];
  }

  /** The class of a code point. */
  int of(int codePoint) {
    int at = Arrays.binarySearch(starts, codePoint);
    return classes[at >= 0 ? at : -at - 2];
  }

  /** The classes that a set consists of; the set must be one that the partition was made for. */
  int[] in(CodePointSet set) {
    var found = new BitSet(count);
    for (int r = 0; r < set.ranges(); r++) {
      int at = Arrays.binarySearch(starts, set.first(r));
      while (at < starts.length && starts[at] <= set.last(r)) {
        found.set(classes[at++]);
      }
    }
    return found.stream().toArray();
  }
}
