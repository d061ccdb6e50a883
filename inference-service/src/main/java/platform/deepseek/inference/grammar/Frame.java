package platform.deepseek.inference.grammar;

/**
 * A place to return to, on top of another. Frames are made unique by their {@link Configurations},
 * so that equal stacks are the same object.
 */
final class Frame {

  /** What follows the text of a rule; for a turn of a loop, the loop. */
  final Node node;

  /** Turns of a loop that must still end, the begun one included. */
  final int least;

  /** Turns that may still end, the begun one included, or UNBOUNDED; 0 for the text of a rule. */
  final int most;

  /** Null at the bottom. */
  final Frame below;

  private final int hash;

  Frame(Node node, int least, int most, Frame below) {
    this.node = node;
    this.least = least;
    this.most = most;
    this.below = below;
    int above = (System.identityHashCode(node) * 31 + least) * 31 + most;
    this.hash = above * 31 + System.identityHashCode(below);
  }

  @Override
  @SuppressWarnings("ReferenceEquality") // nodes are unique, and so are the frames below
  public boolean equals(Object other) {
    return other instanceof Frame frame
        && node == frame.node
        && least == frame.least
        && most == frame.most
        && below == frame.below;
  }

  @Override
  public int hashCode() {
    return hash;
  }
}
