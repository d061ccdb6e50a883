package platform.deepseek.inference.api.anthropic;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/**
 * What stands in a thinking block's {@code signature}. Clients ask for one that is not empty, or
 * drop the block when they send the conversation back. It is a digest of the reasoning, the same in
 * a stream and in one body; it proves nothing, and nothing is verified: whoever may send a request
 * may write the whole conversation in it.
 */
final class ThinkingSignature {

  private final MessageDigest digest;

  ThinkingSignature() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }

  /** More of the reasoning, cut between characters. */
  ThinkingSignature add(String text) {
    digest.update(text.getBytes(StandardCharsets.UTF_8));
    return this;
  }

  /** Of what was added; begins anew. */
  String take() {
    return Base64.getEncoder().encodeToString(digest.digest());
  }
}
