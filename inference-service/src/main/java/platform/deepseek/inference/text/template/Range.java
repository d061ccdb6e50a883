package platform.deepseek.inference.text.template;

import java.util.AbstractList;

/** Python's range as a list that takes no room. */
final class Range extends AbstractList<Object> {

  /** The sandbox of Jinja refuses longer ones. */
  private static final int LONGEST = 100_000;

  private final long start;
  private final long stop;
  private final long step;
  private final int size;

  Range(long start, long stop, long step) {
    if (step == 0) {
      throw Fault.of("range() needs a step other than zero.");
    }
    this.start = start;
    this.stop = stop;
    this.step = step;
    var distance = step > 0 ? (double) stop - start : (double) start - stop;
    var length = Math.max(0, Math.ceil(distance / Math.abs((double) step)));
    if (length > LONGEST) {
      throw Fault.of("A range may not be longer than " + LONGEST + ".");
    }
    this.size = (int) length;
  }

  @Override
  public Object get(int index) {
    return start + index * step;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public String toString() {
    return "range(" + start + ", " + stop + (step == 1 ? "" : ", " + step) + ")";
  }
}
