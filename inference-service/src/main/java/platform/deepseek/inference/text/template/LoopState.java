package platform.deepseek.inference.text.template;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * The variable {@code loop}. It reads one item ahead only when asked for the next item, so that the
 * condition of a loop sees what the body has set, as in Jinja.
 */
final class LoopState implements Callable {

  private static final Object NOTHING = new Object();

  private final Object iterable;
  private final Callable recursion;
  private final Budget budget;
  private final int depth0;
  private Iterator<Object> items;
  private long index0 = -1;
  private long length = -1;
  private Object after = NOTHING;
  private Object current = NOTHING;
  private Object before = NOTHING;
  private List<Object> lastChanged;

  /**
   * @param iterable what is iterated, for its length; a {@link Generator} has none in advance
   * @param recursion renders the loop again over other items, or null
   */
  LoopState(Object iterable, Callable recursion, int depth0, Budget budget) {
    this.iterable = iterable;
    this.items = Sequences.iterate(iterable);
    this.recursion = recursion;
    this.depth0 = depth0;
    this.budget = budget;
  }

  /** Goes to the next item; false at the end. */
  boolean advance() {
    if (peek() == NOTHING) {
      return false;
    }
    before = current;
    current = after;
    after = NOTHING;
    index0++;
    return true;
  }

  Object current() {
    return current;
  }

  int depth() {
    return depth0 + 1;
  }

  long index() {
    return index0 + 1;
  }

  long length() {
    if (length < 0) {
      if (iterable instanceof Generator) {
        var rest = Sequences.list(new Generator(items), budget);
        items = rest.iterator();
        length = rest.size() + index() + (after == NOTHING ? 0 : 1);
      } else {
        length = Sequences.length(iterable);
      }
    }
    return length;
  }

  private Object peek() {
    if (after == NOTHING && items.hasNext()) {
      after = items.next();
    }
    return after;
  }

  Object attribute(String name) {
    return switch (name) {
      case "index" -> index();
      case "index0" -> index0;
      case "revindex" -> length() - index0;
      case "revindex0" -> length() - index();
      case "first" -> index0 == 0;
      case "last" -> peek() == NOTHING;
      case "length" -> length();
      case "depth" -> (long) depth();
      case "depth0" -> (long) depth0;
      case "previtem" -> index0 == 0 ? new Undefined("there is no previous item") : before;
      case "nextitem" -> peek() == NOTHING ? new Undefined("there is no next item") : after;
      case "cycle" -> new Function(name, this::cycle);
      case "changed" -> new Function(name, this::changed);
      default -> Undefined.attribute(this, name);
    };
  }

  private Object cycle(Arguments arguments) {
    if (arguments.positional().isEmpty()) {
      throw Fault.of("no items for cycling given");
    }
    return arguments.positional().get((int) (index0 % arguments.positional().size()));
  }

  private Object changed(Arguments arguments) {
    var values = new ArrayList<>(arguments.positional());
    if (lastChanged != null && Comparisons.equal(lastChanged, values)) {
      return false;
    }
    lastChanged = values;
    return true;
  }

  @Override
  public Object call(Arguments arguments) {
    if (recursion == null) {
      throw Fault.of("A loop can call itself only with the marker 'recursive'.");
    }
    return recursion.call(arguments);
  }
}
