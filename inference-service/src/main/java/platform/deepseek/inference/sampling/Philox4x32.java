package platform.deepseek.inference.sampling;

/**
 * The counter-based generator Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1,
 * 2, 3", SC 2011).
 *
 * <p>Random bits are a function of a key and a counter, with no state to carry along: a sequence's
 * n-th draw is the same in any batch, after preemption, on any thread, and a GPU kernel can make
 * the same one (it is CUDA's and PyTorch's own generator).
 */
public final class Philox4x32 {
  private static final int ROUNDS = 10;
  private static final long MULTIPLIER_0 = 0xD2511F53L;
  private static final long MULTIPLIER_1 = 0xCD9E8D57L;
  private static final int WEYL_0 = 0x9E3779B9;
  private static final int WEYL_1 = 0xBB67AE85;

  private Philox4x32() {}

  /** Turns the four counter words in {@code block} into four random words. */
  static void generate(int[] block, int key0, int key1) {
    for (int round = 0; round < ROUNDS; round++) {
      long product0 = MULTIPLIER_0 * (block[0] & 0xFFFFFFFFL);
      long product1 = MULTIPLIER_1 * (block[2] & 0xFFFFFFFFL);
      int next0 = (int) (product1 >>> 32) ^ block[1] ^ key0;
      int next2 = (int) (product0 >>> 32) ^ block[3] ^ key1;
      block[0] = next0;
      block[1] = (int) product1;
      block[2] = next2;
      block[3] = (int) product0;
      key0 += WEYL_0;
      key1 += WEYL_1;
    }
  }

  /**
   * A number in [0, 1) with 53 random bits: counter (position, 0, 0, 0), key (low and high half of
   * the seed), bits from the first two words.
   */
  public static double uniform(long seed, int position) {
    int[] block = {position, 0, 0, 0};
    generate(block, (int) seed, (int) (seed >>> 32));
    long bits = (long) (block[0] >>> 5) << 26 | block[1] >>> 6;
    return bits * 0x1.0p-53;
  }
}
