package platform.deepseek.auth.watermark;

import java.util.HexFormat;

/**
 * What a view is known by: 48 random bits and 16 that show that they were made here.
 *
 * @param bits all 64
 */
public record Mark(long bits) {

  /** 16 hexadecimal digits: the correlation of the view's events in the audit. */
  public String text() {
    return HexFormat.of().toHexDigits(bits);
  }

  boolean bit(long index) {
    return (bits >>> (63 - Math.floorMod(index, Long.SIZE)) & 1) == 1;
  }
}
