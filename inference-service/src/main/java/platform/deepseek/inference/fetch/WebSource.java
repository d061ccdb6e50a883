package platform.deepseek.inference.fetch;

import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import platform.deepseek.inference.fetch.FetchFailure.Kind;

/**
 * Any web server: one file, or a folder (the address ends with a slash) whose SHA256SUMS names its
 * files, as {@code sha256sum * > SHA256SUMS} writes it.
 *
 * @param authorization value of the header Authorization
 */
record WebSource(URI address, Optional<String> authorization) implements Source {

  private static final String SUMS = "SHA256SUMS";
  private static final Pattern LINE = Pattern.compile("([0-9a-f]{64}) [ *](.+)");

  @Override
  public Http.Credentials credentials() {
    return (method, uri) ->
        authorization.map(value -> Map.of("Authorization", value)).orElse(Map.of());
  }

  @Override
  public Listing list(Http http) throws IOException, FetchFailure {
    if (!address.getPath().endsWith("/")) {
      var path = address.getPath();
      var name = path.substring(path.lastIndexOf('/') + 1);
      return new Listing("", List.of(file(http, address, name, Optional.empty())));
    }
    var files = new ArrayList<RemoteFile>();
    var sums = Source.text(http.get(address.resolve(SUMS), Map.of()));
    for (var line : sums.lines().filter(it -> !it.isBlank()).toList()) {
      var parts = LINE.matcher(line);
      if (!parts.matches()) {
        throw new FetchFailure(
            Kind.UNREACHABLE,
            "%s%s has a line that sha256sum did not write".formatted(address, SUMS));
      }
      var name = parts.group(2);
      files.add(file(http, Names.below(address, name), name, Optional.of(parts.group(1))));
    }
    return new Listing("", List.copyOf(files));
  }

  private static RemoteFile file(Http http, URI uri, String name, Optional<String> sha256)
      throws IOException, FetchFailure {
    var answer = http.head(uri);
    answer.body().close();
    if (answer.statusCode() != 200) {
      throw Source.refusal(answer);
    }
    var size = answer.headers().firstValueAsLong("Content-Length");
    if (size.isEmpty()) {
      throw new FetchFailure(Kind.UNREACHABLE, uri + " does not tell its length");
    }
    var version =
        answer
            .headers()
            .firstValue("ETag")
            .or(() -> answer.headers().firstValue("Last-Modified"))
            .orElse("");
    return new RemoteFile(name, uri, size.getAsLong(), sha256, version);
  }
}
