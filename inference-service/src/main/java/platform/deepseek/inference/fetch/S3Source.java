package platform.deepseek.inference.fetch;

import java.io.IOException;
import java.io.StringReader;
import java.net.URI;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import platform.deepseek.inference.fetch.FetchFailure.Kind;

/**
 * All objects below a prefix of a bucket, by the environment variables of the AWS tools:
 * AWS_ENDPOINT_URL for stores of others, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
 * AWS_SESSION_TOKEN. Without keys requests are not signed, as public buckets want it.
 */
record S3Source(URI bucket, String prefix, Http.Credentials credentials) implements Source {

  static S3Source of(String path, Map<String, String> environment) throws FetchFailure {
    var parts = path.split("/", 2);
    if (parts[0].isEmpty()) {
      throw new FetchFailure(
          Kind.UNUSABLE, "s3://%s is not of the form s3://bucket/prefix".formatted(path));
    }
    var region = environment.getOrDefault("AWS_REGION", "us-east-1");
    var endpoint =
        environment
            .getOrDefault("AWS_ENDPOINT_URL", "https://s3.%s.amazonaws.com".formatted(region))
            .replaceFirst("/*$", "/");
    var prefix = parts.length < 2 || parts[1].isEmpty() ? "" : parts[1].replaceFirst("/*$", "/");
    var id = environment.get("AWS_ACCESS_KEY_ID");
    var secret = environment.get("AWS_SECRET_ACCESS_KEY");
    var token = Optional.ofNullable(environment.get("AWS_SESSION_TOKEN"));
    return new S3Source(
        URI.create(endpoint + parts[0] + "/"),
        prefix,
        id == null || secret == null
            ? (method, uri) -> Map.of()
            : new SignatureV4(id, secret, token, region, Clock.systemUTC()));
  }

  @Override
  public Listing list(Http http) throws IOException, FetchFailure {
    var files = new ArrayList<RemoteFile>();
    Optional<String> next = Optional.of("");
    while (next.isPresent()) {
      var query = "list-type=2&prefix=" + Names.encoded(prefix).replace("/", "%2F");
      if (!prefix.isEmpty()) {
        query += "%2F";
      }
      if (!next.get().isEmpty()) {
        query =
            "continuation-token=%s&%s"
                .formatted(Names.encoded(next.get()).replace("/", "%2F"), query);
      }
      next = page(Source.text(http.get(bucket.resolve("?" + query), Map.of())), files);
    }
    if (files.isEmpty()) {
      throw new FetchFailure(
          Kind.UNREACHABLE, "%s has no object below %s".formatted(bucket, prefix));
    }
    return new Listing("", List.copyOf(files));
  }

  /** Adds a page's files and gives what the next page is asked for with. */
  private Optional<String> page(String xml, List<RemoteFile> files) throws FetchFailure {
    var factory = XMLInputFactory.newDefaultFactory();
    factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
    factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
    String key = "";
    String tag = "";
    Optional<String> next = Optional.empty();
    try {
      XMLStreamReader reader = factory.createXMLStreamReader(new StringReader(xml));
      while (reader.hasNext()) {
        if (reader.next() != XMLStreamReader.START_ELEMENT) {
          continue;
        }
        switch (reader.getLocalName()) {
          case "Key" -> key = reader.getElementText();
          case "ETag" -> tag = reader.getElementText();
          case "Size" -> add(files, key, tag, Long.parseLong(reader.getElementText()));
          case "NextContinuationToken" -> next = Optional.of(reader.getElementText());
          default -> {
            // Owners, dates and storage classes.
          }
        }
      }
      return next;
    } catch (XMLStreamException | NumberFormatException e) {
      throw new FetchFailure(Kind.UNREACHABLE, bucket + " does not answer like an object store");
    }
  }

  /** Tools mark folders by empty objects whose names end with a slash. */
  private void add(List<RemoteFile> files, String key, String tag, long size) {
    if (!key.endsWith("/")) {
      files.add(
          new RemoteFile(
              key.substring(prefix.length()),
              Names.below(bucket, key),
              size,
              Optional.empty(),
              tag));
    }
  }
}
