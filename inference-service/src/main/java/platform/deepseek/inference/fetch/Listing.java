package platform.deepseek.inference.fetch;

import java.util.List;
import java.util.stream.Collectors;

/**
 * What a source holds.
 *
 * @param revision the commit where the source has such, else empty
 */
record Listing(String revision, List<RemoteFile> files) {

  long bytes() {
    return files.stream().mapToLong(RemoteFile::size).sum();
  }

  /** Changes whenever a file of the source does, as far as the source tells. */
  String identity() {
    return Sha256.of(
        files.stream()
            .map(
                file ->
                    "%s %d %s %s"
                        .formatted(
                            file.name(), file.size(), file.sha256().orElse(""), file.version()))
            .sorted()
            .collect(Collectors.joining("\n", revision + "\n", "")));
  }
}
