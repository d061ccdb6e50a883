package platform.deepseek.inference.text.template;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** Iterating, counting, indexing and slicing as in Python. */
final class Sequences {

  private Sequences() {}

  static Iterator<Object> iterate(Object value) {
    var iterator = iteratorOrNull(value);
    if (iterator == null) {
      throw Fault.of("'" + Values.typeName(value) + "' object is not iterable");
    }
    return iterator;
  }

  static boolean isIterable(Object value) {
    return iteratorOrNull(value) != null;
  }

  private static Iterator<Object> iteratorOrNull(Object value) {
    return switch (value) {
      case null -> null;
      case String text ->
          Generator.mapping(text.codePoints().iterator(), c -> Character.toString((int) c));
      case List<?> list -> Generator.mapping(list.iterator(), item -> item);
      case Tuple tuple -> tuple.items().iterator();
      case Map<?, ?> map -> Generator.mapping(map.keySet().iterator(), key -> key);
      case DictView view -> view.iterator();
      case Generator generator -> generator.iterator();
      case Undefined undefined -> List.of().iterator();
      default -> null;
    };
  }

  /** All items, in a list of their own. */
  static List<Object> list(Object value, Budget budget) {
    var items = iterate(value);
    List<Object> list = new ArrayList<>();
    while (items.hasNext()) {
      budget.step();
      if ((list.size() & 63) == 0) {
        budget.allocateElements(64);
      }
      list.add(items.next());
    }
    return list;
  }

  static boolean hasLength(Object value) {
    return switch (value) {
      case String text -> true;
      case List<?> list -> true;
      case Tuple tuple -> true;
      case Map<?, ?> map -> true;
      case DictView view -> true;
      case Undefined undefined -> true;
      case LoopState loop -> true;
      case null, default -> false;
    };
  }

  static long length(Object value) {
    return switch (value) {
      case String text -> Characters.length(text);
      case List<?> list -> list.size();
      case Tuple tuple -> tuple.items().size();
      case Map<?, ?> map -> map.size();
      case DictView view -> view.dict().size();
      case Undefined undefined -> 0;
      case LoopState loop -> loop.length();
      case null, default ->
          throw Fault.of("object of type '" + Values.typeName(value) + "' has no len()");
    };
  }

  /** Rough size of a value, to charge the work on it. */
  static long size(Object value) {
    return switch (value) {
      case String text -> text.length();
      case List<?> list -> list.size();
      case Tuple tuple -> tuple.items().size();
      case Map<?, ?> map -> map.size();
      case null, default -> 0;
    };
  }

  /** The item at an index, or the given undefined value where there is none. */
  static Object at(Object sequence, Object index, Undefined missing) {
    var indexed =
        sequence instanceof String || sequence instanceof List<?> || sequence instanceof Tuple;
    if (!indexed || !(index instanceof Long || index instanceof Boolean)) {
      return missing;
    }
    var length = length(sequence);
    var wanted = Values.integer(index, "index");
    var position = wanted < 0 ? wanted + length : wanted;
    if (position < 0 || position >= length) {
      return missing;
    }
    return switch (sequence) {
      case String text -> Characters.at(text, (int) position);
      case Tuple tuple -> tuple.items().get((int) position);
      case List<?> list -> list.get((int) position);
      default -> missing;
    };
  }

  /** A slice; absent bounds are null. */
  static Object slice(Object sequence, Object start, Object stop, Object step, Budget budget) {
    return switch (sequence) {
      case String text -> sliceText(text, start, stop, step, budget);
      case List<?> list -> sliceItems(list, start, stop, step, budget);
      case Tuple tuple -> Tuple.of(sliceItems(tuple.items(), start, stop, step, budget));
      case Undefined undefined -> throw undefined.fault();
      case null, default ->
          throw Fault.of("'" + Values.typeName(sequence) + "' object is not subscriptable");
    };
  }

  private static String sliceText(
      String text, Object start, Object stop, Object step, Budget budget) {
    budget.work(text.length());
    budget.allocate(text.length());
    var points = text.codePoints().toArray();
    var indices = indices(points.length, start, stop, step);
    var out = new StringBuilder();
    for (var i = 0; i < indices.size(); i++) {
      out.appendCodePoint(points[(int) (long) (Long) indices.get(i)]);
    }
    return out.toString();
  }

  private static List<Object> sliceItems(
      List<?> items, Object start, Object stop, Object step, Budget budget) {
    budget.work(items.size());
    budget.allocateElements(items.size());
    var indices = indices(items.size(), start, stop, step);
    List<Object> slice = new ArrayList<>(indices.size());
    for (var i = 0; i < indices.size(); i++) {
      slice.add(items.get((int) (long) (Long) indices.get(i)));
    }
    return slice;
  }

  private record Indices(long start, long step, int size) {
    Object get(int index) {
      return start + index * step;
    }
  }

  private static Indices indices(int length, Object start, Object stop, Object step) {
    var stride = step == null ? 1 : Values.integer(step, "slice step");
    if (stride == 0) {
      throw Fault.of("slice step cannot be zero");
    }
    var low = stride < 0 ? -1 : 0;
    var high = stride < 0 ? length - 1 : length;
    var from = start == null ? (stride < 0 ? high : low) : bound(start, length, low, high);
    var to = stop == null ? (stride < 0 ? low : high) : bound(stop, length, low, high);
    var distance = stride < 0 ? from - to : to - from;
    var magnitude = stride == Long.MIN_VALUE ? Long.MAX_VALUE : Math.abs(stride);
    return new Indices(from, stride, distance <= 0 ? 0 : (int) ((distance - 1) / magnitude + 1));
  }

  private static long bound(Object value, int length, long low, long high) {
    var index = Values.integer(value, "slice index");
    var position = index < 0 ? index + length : index;
    return Math.clamp(position, low, high);
  }

  /** The items from last to first; only what has an order and an end can be reversed. */
  static Iterator<Object> reversed(Object value, Budget budget) {
    if (value instanceof Generator || value instanceof LoopState) {
      throw Fault.of("'" + Values.typeName(value) + "' object is not reversible");
    }
    return list(value, budget).reversed().iterator();
  }
}
