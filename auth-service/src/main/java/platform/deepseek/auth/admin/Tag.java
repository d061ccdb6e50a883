package platform.deepseek.auth.admin;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import platform.deepseek.auth.error.BadRequest;

/**
 * What something was when it was looked at: a short digest of its values, in the field {@code tag}
 * and the header ETag. Who sends it back in If-Match changes that and nothing newer, RFC 9110
 * section 13.1.1.
 */
final class Tag {

  private static final int BYTES = 8;

  private Tag() {}

  static String of(Object... values) {
    String text = Stream.of(values).map(String::valueOf).collect(Collectors.joining("\0"));
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }

  /**
   * @param ifMatch the header, or null
   * @param tag of what there is now; null when there is nothing
   * @throws BadRequest when another was expected
   */
  static void require(String ifMatch, String tag) {
    if (ifMatch == null || tag != null && ifMatch.strip().equals("*")) {
      return;
    }
    boolean expected =
        tag != null
            && Arrays.stream(ifMatch.split(","))
                .map(one -> one.strip().replaceFirst("^\"(.*)\"$", "$1"))
                .anyMatch(tag::equals);
    if (!expected) {
      throw BadRequest.changed(
          tag == null
              ? "It is not there any more, and If-Match expects it to be."
              : "It was changed meanwhile: read it again, it is '%s' now, and decide anew."
                  .formatted(tag));
    }
  }
}
