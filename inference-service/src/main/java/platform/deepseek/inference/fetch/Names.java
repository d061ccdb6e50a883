package platform.deepseek.inference.fetch;

import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import platform.deepseek.inference.fetch.FetchFailure.Kind;

/** Names of files that others have chosen. */
final class Names {

  private Names() {}

  /** The address of a file below another address that ends with a slash. */
  static URI below(URI folder, String name) {
    return folder.resolve(encoded(name));
  }

  /** Each part of a path, encoded as RFC 3986 wants it. */
  static String encoded(String path) {
    return Arrays.stream(path.split("/"))
        .map(part -> URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20"))
        .map(part -> part.replace("*", "%2A").replace("%7E", "~"))
        .collect(Collectors.joining("/"));
  }

  /** Where a file goes; nobody who names files may write beside the folder. */
  static Path inside(Path folder, String name) throws FetchFailure {
    try {
      var path = folder.resolve(name).normalize();
      if (!name.isEmpty()
          && path.startsWith(folder)
          && !path.equals(folder)
          && !path.startsWith(folder.resolve(Journal.FOLDER))) {
        return path;
      }
    } catch (InvalidPathException e) {
      throw new FetchFailure(Kind.UNREACHABLE, "the source has a file without a usable name");
    }
    throw new FetchFailure(
        Kind.UNREACHABLE, "the source has a file named %s, which is refused".formatted(name));
  }
}
