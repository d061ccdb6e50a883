package platform.deepseek.inference.api.cache;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import platform.deepseek.inference.text.Tokenizer;

/**
 * A digest of the prompt without the text of its last message: what a template has written around
 * the question, and all that came before. Two requests may get each other's answers for questions
 * that mean the same only where it is equal, so that what no field says (a date, an earlier
 * response) is compared too.
 */
final class Around {

  private Around() {}

  /** Empty where the last message is no text of a user's that is in the prompt as it stands. */
  static Optional<String> of(Tokenizer tokenizer, int[] prompt, ObjectNode request) {
    var messages = request.path("messages");
    var last = messages.path(messages.size() - 1);
    String question = last.path("content").asText("").strip();
    if (!last.path("role").asText("").equals("user")
        || !last.path("content").isTextual()
        || question.isEmpty()) {
      return Optional.empty();
    }
    String text = tokenizer.decode(prompt, false);
    int begin = text.lastIndexOf(question);
    return begin < 0
        ? Optional.empty()
        : Optional.of(digest(text.substring(0, begin), text.substring(begin + question.length())));
  }

  /** The length tells where the question was. */
  private static String digest(String before, String after) {
    byte[] first = before.getBytes(StandardCharsets.UTF_8);
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(first.length).array());
      digest.update(first);
      digest.update(after.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}
