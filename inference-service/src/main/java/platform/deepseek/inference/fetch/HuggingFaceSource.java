package platform.deepseek.inference.fetch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import platform.deepseek.inference.fetch.FetchFailure.Kind;

/**
 * A repository of a Hugging Face hub or of a mirror that answers like one (HF_ENDPOINT), with
 * HF_TOKEN for what is not public. Its revision is resolved to a commit first, so all files are of
 * the same one; large files come with their digests.
 */
record HuggingFaceSource(URI hub, String repository, String revision, Optional<String> token)
    implements Source {

  private static final String PUBLIC = "https://huggingface.co";
  private static final ObjectMapper JSON = new ObjectMapper();

  static HuggingFaceSource of(
      String repository, Optional<String> revision, Map<String, String> environment)
      throws FetchFailure {
    if (!repository.matches("[\\w.-]+/[\\w.-]+")) {
      throw new FetchFailure(
          Kind.UNUSABLE, "hf://%s is not of the form hf://organisation/name".formatted(repository));
    }
    var hub = environment.getOrDefault("HF_ENDPOINT", PUBLIC).replaceFirst("/*$", "/");
    return new HuggingFaceSource(
        URI.create(hub),
        repository,
        revision.orElse("main"),
        Optional.ofNullable(environment.get("HF_TOKEN")));
  }

  @Override
  public Http.Credentials credentials() {
    return (method, uri) ->
        token.map(value -> Map.of("Authorization", "Bearer " + value)).orElse(Map.of());
  }

  @Override
  public Listing list(Http http) throws IOException, FetchFailure {
    var address =
        hub.resolve(
            "api/models/%s/revision/%s?blobs=true"
                .formatted(repository, Names.encoded(revision).replace("/", "%2F")));
    var answer = json(Source.text(http.get(address, Map.of())));
    var commit = answer.path("sha").asText();
    var files = new ArrayList<RemoteFile>();
    for (var file : answer.path("siblings")) {
      files.add(file(commit, file));
    }
    if (commit.isEmpty() || files.isEmpty()) {
      throw new FetchFailure(
          Kind.UNREACHABLE, "%s%s has no files at %s".formatted(hub, repository, revision));
    }
    return new Listing(commit, List.copyOf(files));
  }

  private RemoteFile file(String commit, JsonNode file) throws FetchFailure {
    var name = file.path("rfilename").asText();
    if (!file.path("size").isIntegralNumber()) {
      throw new FetchFailure(Kind.UNREACHABLE, hub + " does not tell the size of " + name);
    }
    return new RemoteFile(
        name,
        hub.resolve("%s/resolve/%s/%s".formatted(repository, commit, Names.encoded(name))),
        file.get("size").asLong(),
        Optional.ofNullable(file.path("lfs").path("sha256").textValue()),
        file.path("blobId").asText());
  }

  private JsonNode json(String text) throws FetchFailure {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new FetchFailure(Kind.UNREACHABLE, hub + " does not answer like a hub");
    }
  }
}
