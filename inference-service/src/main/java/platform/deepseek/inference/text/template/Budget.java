package platform.deepseek.inference.text.template;

/** What is left of the {@link Limits} of one rendering. */
final class Budget {

  /** Nesting of values; deeper ones would overflow the stack of the recursive operations. */
  static final int VALUE_DEPTH = 200;

  private final Limits limits;
  private long steps;
  private long allocated;
  private int depth;

  Budget(Limits limits) {
    this.limits = limits;
  }

  void step() {
    if (++steps > limits.steps()) {
      throw Fault.limit("The template takes more than " + limits.steps() + " steps.");
    }
  }

  /** Charges an operation that touches so many characters or elements. */
  void work(long size) {
    steps += size / 64;
    step();
  }

  /** Charges a new value of so many characters before it is made. */
  void allocate(long characters) {
    allocated += characters;
    if (allocated > limits.allocatedCharacters() || characters > Integer.MAX_VALUE / 2) {
      throw Fault.limit(
          "The template makes more than "
              + limits.allocatedCharacters()
              + " characters of intermediate values.");
    }
  }

  /** Charges a new list of so many elements before it is made. */
  void allocateElements(long elements) {
    allocate(Math.multiplyExact(8L, Math.min(elements, Integer.MAX_VALUE)) + 8);
  }

  void enter() {
    if (depth == limits.depth()) {
      throw Fault.limit("The template nests deeper than " + limits.depth() + " levels.");
    }
    depth++;
  }

  void leave() {
    depth--;
  }

  void output(long length) {
    if (length > limits.outputCharacters()) {
      throw Fault.limit(
          "The template writes more than " + limits.outputCharacters() + " characters.");
    }
  }

  static void valueDepth(int depth) {
    if (depth > VALUE_DEPTH) {
      throw Fault.limit("A value nests deeper than " + VALUE_DEPTH + " levels.");
    }
  }
}
