package platform.deepseek.inference.ort;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;

/**
 * Finds libonnxruntime and loads it: the file named by {@code deepseek.ort.library} (or {@code
 * DEEPSEEK_ORT_LIBRARY}), else the one inside ONNX Runtime's Maven artifact, unpacked once into the
 * cache folder. The artifact's Java classes (JNI) are not used.
 */
final class OrtLibrary {

  /** The release the binding was written against; the cache folder is named after it. */
  static final String VERSION = "1.29.0";

  private static final Map<String, String> PLATFORMS =
      Map.of("linux-amd64", "linux-x64", "linux-aarch64", "linux-aarch64");

  private OrtLibrary() {}

  static SymbolLookup load() {
    Telemetry.disable();
    Path library = file();
    try {
      return SymbolLookup.libraryLookup(library, Arena.global());
    } catch (IllegalArgumentException e) {
      throw new OrtException(
          "cannot load %s; set DEEPSEEK_ORT_LIBRARY to a libonnxruntime.so of version %s"
              .formatted(library, VERSION),
          e);
    }
  }

  /** The library's file; unpacked by this call where nothing is configured. */
  static Path file() {
    String configured =
        System.getProperty("deepseek.ort.library", System.getenv("DEEPSEEK_ORT_LIBRARY"));
    return configured != null ? Path.of(configured) : unpacked();
  }

  private static Path unpacked() {
    String system =
        System.getProperty("os.name").toLowerCase(java.util.Locale.ROOT)
            + "-"
            + System.getProperty("os.arch");
    String platform = PLATFORMS.get(system);
    String resource = "/ai/onnxruntime/native/" + platform + "/libonnxruntime.so";
    try (InputStream in =
        platform == null ? null : OrtLibrary.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new OrtException(
            -1,
            ("no ONNX Runtime library for %s on the class path; "
                    + "set DEEPSEEK_ORT_LIBRARY to a libonnxruntime of version %s")
                .formatted(system, VERSION));
      }
      Path target = cacheFolder().resolve("libonnxruntime-" + platform + ".so");
      if (!Files.exists(target)) {
        Files.createDirectories(target.getParent());
        Path partial = Files.createTempFile(target.getParent(), "libonnxruntime", ".part");
        try {
          Files.copy(in, partial, StandardCopyOption.REPLACE_EXISTING);
          Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
        } finally {
          Files.deleteIfExists(partial);
        }
      }
      return target;
    } catch (IOException e) {
      throw new OrtException(
          "cannot unpack ONNX Runtime into %s; free space or set XDG_CACHE_HOME"
              .formatted(cacheFolder()),
          e);
    }
  }

  private static Path cacheFolder() {
    String cache = System.getenv("XDG_CACHE_HOME");
    Path base =
        cache != null && !cache.isBlank()
            ? Path.of(cache)
            : Path.of(System.getProperty("user.home"), ".cache");
    return base.resolve("deepseek-platform").resolve("onnxruntime-" + VERSION);
  }
}
