package platform.deepseek.auth.watermark;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import javax.crypto.Cipher;
import javax.crypto.spec.SecretKeySpec;
import platform.deepseek.auth.crypto.Digest;

/**
 * Hides a {@link Mark} in what somebody is shown, in three ways that fail in different ways:
 *
 * <ul>
 *   <li>Each row has a reference: mark and row encrypted as one block, different in every row. One
 *       of them is enough. It survives copying, printing and typing off; not a leaker who leaves
 *       the column out.
 *   <li>Sentences carry 64 characters of no width. They survive copying as text; not printing, not
 *       a screenshot, not a tool that strips them.
 *   <li>Between day and time stands a T or a blank, a bit in each row. It survives printing and
 *       stripping; 64 rows in a row have to be there, and not a tool that writes times anew.
 * </ul>
 *
 * <p>None survives somebody who writes down the facts in their own words.
 */
public final class Watermark {

  static final char ZERO = '\u200b';
  static final char ONE = '\u200c';
  private static final int RANDOM_BITS = 48;
  private static final int BLOCK = 16;

  private final byte[] checkKey;
  private final SecretKeySpec blockKey;
  private final SecureRandom random = new SecureRandom();

  /**
   * @param secret the same for all replicas
   */
  public Watermark(byte[] secret) {
    this.checkKey = Digest.SHA_256.mac(secret, ascii("deepseek-watermark-check/v1"));
    byte[] key = Digest.SHA_256.mac(secret, ascii("deepseek-watermark-reference/v1"));
    this.blockKey = new SecretKeySpec(Arrays.copyOf(key, BLOCK), "AES");
  }

  public Mark create() {
    long id = random.nextLong() >>> (Long.SIZE - RANDOM_BITS);
    return new Mark(id << (Long.SIZE - RANDOM_BITS) | check(id));
  }

  /** Whether it was made here; one of 65,536 others passes as well. */
  public boolean isGenuine(Mark mark) {
    long id = mark.bits() >>> (Long.SIZE - RANDOM_BITS);
    return (mark.bits() & 0xffff) == check(id);
  }

  private long check(long id) {
    byte[] code = Digest.SHA_256.mac(checkKey, ByteBuffer.allocate(Long.BYTES).putLong(id).array());
    return ByteBuffer.wrap(code).getShort() & 0xffffL;
  }

  /** 32 hexadecimal digits that look like any other id. */
  public String reference(Mark mark, long row) {
    byte[] plain = ByteBuffer.allocate(BLOCK).putLong(mark.bits()).putLong(row).array();
    return HexFormat.of().formatHex(block(Cipher.ENCRYPT_MODE, plain));
  }

  Optional<Mark> ofReference(String reference) {
    ByteBuffer plain =
        ByteBuffer.wrap(block(Cipher.DECRYPT_MODE, HexFormat.of().parseHex(reference)));
    Mark mark = new Mark(plain.getLong());
    return Optional.of(mark).filter(this::isGenuine);
  }

  /** Exactly one block, different each time: what ECB is bad at does not come up. */
  private byte[] block(int mode, byte[] block) {
    try {
      Cipher cipher = Cipher.getInstance("AES/ECB/NoPadding");
      cipher.init(mode, blockKey);
      return cipher.doFinal(block);
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every JDK has AES", e);
    }
  }

  /** The text with the mark behind its first character, where nothing is seen of it. */
  public static String hidden(String text, Mark mark) {
    if (text.isEmpty()) {
      return text;
    }
    StringBuilder marked = new StringBuilder(text);
    StringBuilder bits = new StringBuilder();
    for (int i = 0; i < Long.SIZE; i++) {
      bits.append(mark.bit(i) ? ONE : ZERO);
    }
    return marked.insert(text.offsetByCodePoints(0, 1), bits).toString();
  }

  /** The time as RFC 3339 allows it, with one bit of the mark in how it is written. */
  public static String time(Instant time, Mark mark, long row) {
    return mark.bit(row) ? time.toString().replace('T', ' ') : time.toString();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
