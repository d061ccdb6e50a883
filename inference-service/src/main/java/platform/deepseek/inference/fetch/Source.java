package platform.deepseek.inference.fetch;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import platform.deepseek.inference.fetch.FetchFailure.Kind;

/** A place that publishes models. */
sealed interface Source permits HuggingFaceSource, S3Source, WebSource {

  /** Who asks. */
  Http.Credentials credentials();

  /** What is there now. */
  Listing list(Http http) throws IOException, FetchFailure;

  /**
   * The source of an address.
   *
   * @param revision commit, tag or branch, where the source has such
   * @param environment credentials and addresses by the names that the sources' own tools use
   */
  static Source of(String address, Optional<String> revision, Map<String, String> environment)
      throws FetchFailure {
    var scheme = address.replaceFirst("://.*", "");
    return switch (scheme) {
      case "hf" -> HuggingFaceSource.of(address.substring(5), revision, environment);
      case "s3" -> S3Source.of(address.substring(5), environment);
      case "http", "https" ->
          new WebSource(
              URI.create(address), Optional.ofNullable(environment.get("FETCH_AUTHORIZATION")));
      case "oci", "pvc" ->
          throw new FetchFailure(
              Kind.UNUSABLE, scheme + ":// is mounted as a volume and needs no download");
      default ->
          throw new FetchFailure(
              Kind.UNUSABLE, address + " is none of hf://, s3://, http:// and https://");
    };
  }

  /** The body of a listing, or what the source said instead. */
  static String text(HttpResponse<InputStream> answer) throws IOException, FetchFailure {
    try (var body = answer.body()) {
      if (answer.statusCode() != 200) {
        throw refusal(answer);
      }
      return new String(Http.whole(body, Http.ANSWER), StandardCharsets.UTF_8);
    }
  }

  /** Codes that mean no again and again are refusals; the others may pass. */
  static FetchFailure refusal(HttpResponse<InputStream> answer) throws IOException {
    var code = answer.statusCode();
    if (code == 429 || code >= 500) {
      throw new IOException("%s answered %d".formatted(answer.uri(), code));
    }
    return new FetchFailure(
        Kind.UNREACHABLE,
        switch (code) {
          case 401, 403 ->
              "%s answered %d: check the Secret of model.source.secretRef"
                  .formatted(plain(answer.uri()), code);
          case 404 ->
              "%s answered 404: check model.source.uri and revision".formatted(plain(answer.uri()));
          default -> "%s answered %d".formatted(plain(answer.uri()), code);
        });
  }

  /** Without the query, which may carry a signature. */
  private static String plain(URI uri) {
    return uri.toString().replaceFirst("\\?.*", "");
  }
}
