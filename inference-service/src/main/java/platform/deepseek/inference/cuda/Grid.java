package platform.deepseek.inference.cuda;

/**
 * How often a kernel runs: x * y * z blocks of so many threads.
 *
 * @param threads of a block, all in its first dimension
 * @param sharedBytes dynamic shared memory of a block
 */
public record Grid(int x, int y, int z, int threads, int sharedBytes) {

  /** The driver's own refusal would not say which number is wrong. */
  public Grid {
    if (x < 1 || y < 1 || z < 1 || threads < 1 || sharedBytes < 0) {
      throw new IllegalArgumentException(
          "a grid of %d x %d x %d blocks of %d threads with %d bytes"
              .formatted(x, y, z, threads, sharedBytes));
    }
  }
}
