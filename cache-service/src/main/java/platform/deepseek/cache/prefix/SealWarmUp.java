package platform.deepseek.cache.prefix;

import platform.deepseek.cache.crypto.DataKey;
import platform.deepseek.cache.crypto.SealBroken;
import platform.deepseek.cache.key.CacheKey;
import platform.deepseek.cache.key.Digests;

/**
 * Has the opening of blocks compiled before the first prefix is asked for. Until the cipher's inner
 * methods have been called some thousand times they are interpreted, at 40 MB a second where it is
 * 1.5 GB afterwards (measured): the first prefix after a restart, for which all this is made, would
 * take longer than computing it. It takes two seconds of one processor, once.
 *
 * <p>It opens real blocks, of lengths and owners of many kinds. A compiler that has never seen a
 * short last piece compiles code for whole ones only, which is thrown away at the first real block
 * and compiled again, 250 ms long, while somebody waits.
 */
public final class SealWarmUp implements Runnable {

  private static final int PIECES = 4;

  /**
   * Sealed and opened, so that what is called once for each has been called 5,000 times, and what
   * goes through pieces 15,000: there the last compiler starts, and works for up to 400 ms on all
   * that is called from there.
   */
  private static final int BLOCKS = 3_200;

  private final CacheKey name = CacheKey.of(Digests.sha256(new byte[0]));
  private final DataKey key;

  public SealWarmUp(DataKey key) {
    this.key = key;
  }

  /** Returns when it is done. */
  @Override
  public void run() {
    for (int i = 0; i < BLOCKS; i++) {
      String owner = "-".repeat(1 + i % 31);
      // Whole pieces, then a last one of up to 1 KiB, whole blocks of the cipher or not.
      int last = i % 4 == 0 ? 0 : i % 2 == 0 ? 16 * (i % 64) : i % 1_024;
      byte[] sealed =
          SealedBlock.seal(owner, name, new byte[PIECES * SealedBlock.PIECE + last], 0, 0, key);
      try {
        SealedBlock.parse(sealed).orElseThrow().open(owner, name, key);
      } catch (SealBroken e) {
        throw new IllegalStateException("nobody has changed it", e);
      }
    }
  }
}
