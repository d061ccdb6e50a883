package platform.deepseek.inference.weights;

import java.util.Arrays;
import java.util.Random;

/** Damages files at random: the same seed, the same damage. */
final class Mutation {

  private static final long[] NASTY = {
    0,
    1,
    -1,
    2,
    7,
    8,
    31,
    32,
    33,
    255,
    65_535,
    65_536,
    Integer.MAX_VALUE,
    1L << 31,
    1L << 32,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    1L << 60,
    1L << 61,
    1L << 62,
    100_000_000
  };

  private final Random random;

  Mutation(long seed) {
    this.random = new Random(seed);
  }

  /**
   * A damaged copy.
   *
   * @param header bytes from the start of the file where damage is interesting
   */
  byte[] of(byte[] original, int header) {
    byte[] bytes = original.clone();
    int times = 1 + random.nextInt(4);
    for (int i = 0; i < times && bytes.length > 0; i++) {
      bytes = once(bytes, Math.min(header, bytes.length));
    }
    return bytes;
  }

  private byte[] once(byte[] bytes, int header) {
    int at = random.nextInt(header);
    return switch (random.nextInt(7)) {
      case 0 -> Arrays.copyOf(bytes, random.nextInt(bytes.length));
      case 1 -> Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(64));
      case 2 -> withNumber(bytes, at, 8, NASTY[random.nextInt(NASTY.length)]);
      case 3 -> withNumber(bytes, at, 4, NASTY[random.nextInt(NASTY.length)]);
      case 4 -> withNumber(bytes, at, 1, random.nextInt(256));
      case 5 -> withNumber(bytes, at, 1, bytes[at] ^ 1 << random.nextInt(8));
      default -> moved(bytes, at, random.nextInt(header), 1 + random.nextInt(40));
    };
  }

  private static byte[] withNumber(byte[] bytes, int at, int width, long number) {
    for (int i = 0; i < Math.min(width, bytes.length - at); i++) {
      bytes[at + i] = (byte) (number >>> 8 * i);
    }
    return bytes;
  }

  /** A piece of the file copied over another place. */
  private static byte[] moved(byte[] bytes, int from, int to, int length) {
    int most = Math.min(length, bytes.length - Math.max(from, to));
    System.arraycopy(bytes, from, bytes, to, most);
    return bytes;
  }
}
