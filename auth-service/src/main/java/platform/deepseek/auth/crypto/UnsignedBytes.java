package platform.deepseek.auth.crypto;

import java.math.BigInteger;

/** Numbers as a fixed count of bytes, the highest first. */
final class UnsignedBytes {

  private UnsignedBytes() {}

  static byte[] of(BigInteger number, int length) {
    byte[] bytes = number.toByteArray(); // as short as it can be, or with a zero before it
    byte[] fixed = new byte[length];
    int count = Math.min(bytes.length, length);
    System.arraycopy(bytes, bytes.length - count, fixed, length - count, count);
    return fixed;
  }
}
