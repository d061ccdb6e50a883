package platform.deepseek.cache.entry;

/** What was read is no entry, or not the one that belongs there. */
public final class DamagedEntry extends Exception {

  private static final long serialVersionUID = 1;

  DamagedEntry(String why) {
    super(why, null, false, false);
  }
}
