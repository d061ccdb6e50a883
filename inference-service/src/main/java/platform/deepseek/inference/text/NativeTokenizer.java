package platform.deepseek.inference.text;

import ai.djl.engine.EngineException;
import ai.djl.huggingface.tokenizers.jni.LibUtils;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import java.io.IOException;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Stream;

/*
 * The Rust tokenizers library, through the entry points that DJL's own class is made of. They are
 * used directly for two reasons: DJL's class reports its start to a cloud's metadata address, and
 * for every text it also fetches token strings and character spans that nobody here reads, which
 * costs more than the encoding.
 *
 * DJL unpacks the library from its jar into a cache folder on first use. On a machine with a GPU
 * it would rather download a CUDA build of it, so it is told that there is no network.
 */
final class NativeTokenizer {

  private static final TokenizersLibrary LIBRARY = load();
  private static final Cleaner CLEANER = Cleaner.create();

  private final long handle;

  /**
   * @param json a whole tokenizer.json
   */
  NativeTokenizer(String json) {
    try {
      handle = LIBRARY.createTokenizerFromString(json);
    } catch (RuntimeException e) {
      throw new TokenizerException(
          "tokenizer.json is not accepted by the tokenizers library: " + e.getMessage(), e);
    }
    // A checkpoint's limits are the server's affair: no text is cut or filled up here.
    LIBRARY.disableTruncation(handle);
    LIBRARY.disablePadding(handle);
    long owned = handle;
    CLEANER.register(this, () -> LIBRARY.deleteTokenizer(owned));
  }

  int[] encode(String text, boolean addSpecial) {
    long encoding = LIBRARY.encode(handle, text, addSpecial);
    Reference.reachabilityFence(this);
    try {
      long[] ids = LIBRARY.getTokenIds(encoding);
      var tokens = new int[ids.length];
      for (int i = 0; i < ids.length; i++) {
        tokens[i] = Math.toIntExact(ids[i]);
      }
      return tokens;
    } finally {
      LIBRARY.deleteEncoding(encoding);
    }
  }

  private static TokenizersLibrary load() {
    if (System.getProperty("ai.djl.offline") == null) {
      System.setProperty("ai.djl.offline", "true");
    }
    if (setting("ENGINE_CACHE_DIR") == null && setting("DJL_CACHE_DIR") == null) {
      System.setProperty("ENGINE_CACHE_DIR", cacheFolder().toString());
    }
    try {
      LibUtils.checkStatus();
    } catch (EngineException e) {
      throw new TokenizerException(
          "The tokenizers' library cannot be unpacked or loaded: free space below "
              + Stream.of("ENGINE_CACHE_DIR", "DJL_CACHE_DIR")
                  .map(NativeTokenizer::setting)
                  .filter(Objects::nonNull)
                  .findFirst()
                  .orElseThrow()
              + " or set XDG_CACHE_HOME.",
          e);
    }
    return TokenizersLibrary.LIB;
  }

  private static String setting(String name) {
    String value = System.getenv(name);
    return value != null ? value : System.getProperty(name);
  }

  /** The user's cache folder, or a fresh private one where there is no writable home. */
  private static Path cacheFolder() {
    String base = System.getenv("XDG_CACHE_HOME");
    var folder =
        (base == null || base.isBlank()
                ? Path.of(System.getProperty("user.home"), ".cache")
                : Path.of(base))
            .resolve("deepseek-platform")
            .resolve("native");
    try {
      Files.createDirectories(folder);
      return Files.isWritable(folder) ? folder : temporaryFolder(null);
    } catch (IOException noHome) {
      return temporaryFolder(noHome);
    }
  }

  private static Path temporaryFolder(IOException noHome) {
    try {
      return Files.createTempDirectory("deepseek-platform-native");
    } catch (IOException e) {
      if (noHome != null) {
        e.addSuppressed(noHome);
      }
      throw new TokenizerException(
          "No folder for the tokenizer's native library: set XDG_CACHE_HOME to a writable one.", e);
    }
  }
}
