package platform.deepseek.inference.serving;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import platform.deepseek.inference.api.ModelIdentity;
import platform.deepseek.inference.text.Tokenizer;

/**
 * The digests of what makes answers. Of the weights it reads all where they are small, and a page
 * of every {@link #STEP} where they are not: a gigabyte then costs a megabyte, and there is no
 * training that leaves every one of those pages as it was. Names and dates are not in it, so that
 * replicas with copies of the same files agree.
 */
final class Identity {

  private static final int PAGE = 4_096;
  private static final long STEP = 4L << 20;
  private static final long SMALL = 32L << 20;

  /** The beginning has the names and shapes of all tensors, or the whole tokenizer. */
  private static final long BEGINNING = 1L << 20;

  private Identity() {}

  static ModelIdentity of(ModelFiles files, String numbers) {
    try {
      return new ModelIdentity(
          weights(files.files()),
          tokenizer(files.tokenizer()),
          text(files.tokenizer().config().chatTemplate().orElse("")),
          build() + "/" + numbers.toLowerCase(Locale.ROOT));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String weights(List<Path> files) throws IOException {
    MessageDigest digest = sha256();
    for (Path file : files) {
      try (FileChannel channel = FileChannel.open(file)) {
        long size = channel.size();
        digest.update(ByteBuffer.allocate(Long.BYTES).putLong(0, size));
        long whole = size <= SMALL ? size : BEGINNING;
        for (long at = 0; at < whole; at += PAGE) {
          digest.update(page(channel, at));
        }
        for (long at = whole; at < size; at += STEP) {
          digest.update(page(channel, at));
        }
        digest.update(page(channel, Math.max(0, size - PAGE)));
      }
    }
    return named(digest);
  }

  private static ByteBuffer page(FileChannel channel, long at) throws IOException {
    ByteBuffer page = ByteBuffer.allocate(PAGE);
    while (page.hasRemaining() && channel.read(page, at + page.position()) >= 0) {
      // until the page is full or the file has ended
    }
    return page.flip();
  }

  /** How prompts become tokens shows in their tokens; this is how tokens become text. */
  private static String tokenizer(Tokenizer tokenizer) {
    MessageDigest digest = sha256();
    for (int token = 0; token < tokenizer.vocabularySize(); token++) {
      byte[] bytes = tokenizer.bytes(token);
      digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, bytes.length));
      digest.update(bytes);
      digest.update((byte) (tokenizer.isSpecial(token) ? 1 : 0));
    }
    return named(digest);
  }

  private static String text(String text) {
    MessageDigest digest = sha256();
    digest.update(text.getBytes(StandardCharsets.UTF_8));
    return named(digest);
  }

  /** Of the file with this program, where it is one: a version alone says little of a build. */
  private static String build() throws IOException {
    CodeSource source = Identity.class.getProtectionDomain().getCodeSource();
    if (source == null || !"file".equals(source.getLocation().getProtocol())) {
      return "development";
    }
    Path program = Path.of(source.getLocation().getPath());
    if (!Files.isRegularFile(program)) {
      return "development";
    }
    MessageDigest digest = sha256();
    digest.update(Files.readAllBytes(program));
    return named(digest);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }

  private static String named(MessageDigest digest) {
    return "sha256:" + HexFormat.of().formatHex(digest.digest());
  }
}
