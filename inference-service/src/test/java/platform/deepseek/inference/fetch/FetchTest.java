package platform.deepseek.inference.fetch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import platform.deepseek.inference.Main;

/** The command fetch against a web server that hangs up. */
class FetchTest {

  private static final int SIZE = 3_000_000;

  private final BreakingServer server = new BreakingServer();
  private final byte[] weights = new byte[SIZE];
  private final ByteArrayOutputStream output = new ByteArrayOutputStream();
  @TempDir Path folder;

  FetchTest() {
    new Random(8).nextBytes(weights);
  }

  @AfterEach
  void close() {
    server.close();
  }

  private Path target() {
    return folder.resolve("model");
  }

  private int fetch(Map<String, String> environment, String source, String... more) {
    var arguments = new ArrayList<>(List.of("--source", source, "--target", target().toString()));
    arguments.addAll(List.of("--report", folder.resolve("report").toString()));
    arguments.addAll(List.of(more));
    return FetchCommand.run(
        arguments, environment, new PrintStream(output, true, StandardCharsets.UTF_8));
  }

  /** Where the requests for a range began. */
  private static List<Integer> ranges(BreakingServer server) {
    return server.requests().stream()
        .filter(request -> request.contains(" bytes="))
        .map(request -> request.replaceAll(".* bytes=|-$", ""))
        .map(Integer::valueOf)
        .toList();
  }

  private String report() throws IOException {
    return Files.readString(folder.resolve("report"));
  }

  private static String sha256(byte[] bytes) throws IOException {
    var file = Files.createTempFile("sum", "");
    try {
      Files.write(file, bytes);
      return Sha256.of(file);
    } finally {
      Files.delete(file);
    }
  }

  @Test
  void aConnectionThatBreaksIsTakenUpWhereItEnded() throws IOException {
    server.put("/weights.gguf", weights);
    server.breakAfter(700_000);
    assertThat(fetch(Map.of(), server.address("/weights.gguf"))).isZero();
    assertThat(target().resolve("weights.gguf")).hasBinaryContent(weights);
    assertThat(report())
        .isEqualTo("{\"digest\":\"sha256:%s\",\"bytesTotal\":%d}".formatted(sha256(weights), SIZE));
    // Of what was sent before a connection broke the last bytes may be lost, never all.
    assertThat(ranges(server)).hasSizeGreaterThanOrEqualTo(4).isSorted().allMatch(it -> it > 0);
    assertThat(output.toString(StandardCharsets.UTF_8).lines())
        .anyMatch(line -> line.matches("weights.gguf: .*; it goes on at byte [1-9].*"))
        .anyMatch(line -> line.matches("\\{\"bytesTotal\": 3000000, \"bytesDone\": [1-9].*"));
  }

  @Test
  void whatIsThereIsNotFetchedAgain() throws IOException {
    server.put("/weights.gguf", weights);
    assertThat(fetch(Map.of(), server.address("/weights.gguf"))).isZero();
    var first = report();
    var asked = server.requests().size();
    assertThat(fetch(Map.of(), server.address("/weights.gguf"))).isZero();
    assertThat(server.requests()).hasSize(asked);
    assertThat(report()).isEqualTo(first);
  }

  @Test
  void aFolderIsWhatItsSumsName() throws IOException {
    server.put("/m/config.json", "{}");
    server.put("/m/parts/a%20b.safetensors", weights);
    var sums =
        "%s  config.json\n%s *parts/a b.safetensors\n".formatted(Sha256.of("{}"), sha256(weights));
    server.put("/m/SHA256SUMS", sums);
    server.breakAfter(1_000_000);
    var digest = "sha256:" + Sha256.of(sums.replace(" *", "  "));
    assertThat(fetch(Map.of(), server.address("/m/"), "--digest", digest)).isZero();
    assertThat(target().resolve("parts/a b.safetensors")).hasBinaryContent(weights);
    assertThat(target().resolve("config.json")).hasContent("{}");
    assertThat(report()).contains(digest);
  }

  @Test
  void filesThatAreNotThoseThatWereNamedAreRefused() throws IOException {
    server.put("/m/config.json", "{}");
    server.put("/m/SHA256SUMS", "%s  config.json\n".formatted(Sha256.of("other")));
    assertThat(fetch(Map.of(), server.address("/m/"))).isEqualTo(10);
    assertThat(report()).startsWith("{\"message\":\"config.json has the digest sha256:");
    assertThat(target().resolve("config.json")).doesNotExist();

    server.put("/one.gguf", weights);
    var wanted = "sha256:" + "0".repeat(64);
    assertThat(fetch(Map.of(), server.address("/one.gguf"), "--digest", wanted)).isEqualTo(10);
    assertThat(report()).contains(wanted + " was asked for");
  }

  @Test
  void aFileThatChangesInTheMiddleIsFetchedAnew() throws IOException {
    server.put("/weights.gguf", weights);
    var other = weights.clone();
    other[0]++;
    server.breakAfter(2_000_000);
    server.refuse(
        exchange -> {
          if (server.requests().size() == 3) {
            server.put("/weights.gguf", other);
          }
          return Optional.empty();
        });
    assertThat(fetch(Map.of(), server.address("/weights.gguf"))).isZero();
    assertThat(target().resolve("weights.gguf")).hasBinaryContent(other);
  }

  @Test
  @Timeout(60)
  void aFileThatIsLongerThanWasSaidIsNotFetchedForEver() throws IOException {
    server.put("/weights.gguf", weights);
    server.refuse(
        exchange -> {
          if (exchange.getRequestMethod().equals("GET")) {
            server.put("/weights.gguf", Arrays.copyOf(weights, SIZE + 1));
          }
          return Optional.empty();
        });
    assertThat(fetch(Map.of(), server.address("/weights.gguf"))).isEqualTo(12);
    assertThat(report()).contains("weights.gguf").contains("more than the 3000000 bytes");
    assertThat(server.requests()).hasSize(2);

    assertThat(fetch(Map.of(), server.address("/weights.gguf"))).isZero();
    assertThat(Files.size(target().resolve("weights.gguf"))).isEqualTo(SIZE + 1);
  }

  @Test
  void aSourceThatRefusesOrNamesFilesElsewhereIsExplained() throws IOException {
    assertThat(fetch(Map.of(), server.address("/nothing"))).isEqualTo(12);
    assertThat(report()).contains("answered 404: check model.source.uri and revision");
    server.put("/secret", weights);
    server.refuse(exchange -> Optional.of(403));
    assertThat(fetch(Map.of(), server.address("/secret"))).isEqualTo(12);
    assertThat(report()).contains("check the Secret of model.source.secretRef");
    server.refuse(exchange -> Optional.empty());
    for (var name : List.of("../outside", "/etc/passwd", ".fetch/source", "a/../../b")) {
      server.put("/m/SHA256SUMS", "%s  %s\n".formatted("0".repeat(64), name));
      server.put("/m/" + name, "x");
      assertThat(fetch(Map.of(), server.address("/m/"))).as(name).isEqualTo(12);
    }
    assertThat(folder.resolve("outside")).doesNotExist();
    assertThat(fetch(Map.of(), "ftp://a/b")).isEqualTo(2);
    assertThat(fetch(Map.of(), "oci://a/b")).isEqualTo(2);
    assertThat(report()).contains("mounted as a volume");
  }

  @Test
  void aHubIsAskedForACommitAndItsFilesWithTheToken() throws IOException {
    server.put(
        "/api/models/deepseek-ai/tiny/revision/main?blobs=true",
        """
        {"sha": "c0ffee", "siblings": [
          {"rfilename": "config.json", "size": 2, "blobId": "1"},
          {"rfilename": "model.safetensors", "size": %d, "blobId": "2", "lfs": {"sha256": "%s"}}]}
        """
            .formatted(SIZE, sha256(weights)));
    server.put("/deepseek-ai/tiny/resolve/c0ffee/config.json", "{}");
    server.put("/cdn/model.safetensors?signed=yes", weights);
    List<String> seen = new ArrayList<>();
    try (var elsewhere = new BreakingServer()) {
      elsewhere.put("/cdn/model.safetensors?signed=yes", weights);
      elsewhere.refuse(
          exchange -> {
            seen.add(exchange.getRequestHeaders().getFirst("Authorization"));
            return Optional.empty();
          });
      elsewhere.breakAfter(2_000_000);
      server.refuse(
          exchange -> {
            if (!"Bearer t0ken".equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
              return Optional.of(401);
            }
            if (exchange.getRequestURI().getPath().endsWith("model.safetensors")) {
              exchange
                  .getResponseHeaders()
                  .set("Location", elsewhere.address("/cdn/model.safetensors?signed=yes"));
              return Optional.of(302);
            }
            return Optional.empty();
          });
      var environment = Map.of("HF_ENDPOINT", server.address(""), "HF_TOKEN", "t0ken");
      assertThat(fetch(environment, "hf://deepseek-ai/tiny")).isZero();
      assertThat(elsewhere.requests()).hasSize(2);
      assertThat(ranges(elsewhere)).singleElement().satisfies(it -> assertThat(it).isPositive());
    }
    assertThat(seen).as("the token stays with the hub").containsOnlyNulls();
    assertThat(target().resolve("model.safetensors")).hasBinaryContent(weights);
    assertThat(report()).startsWith("{\"resolvedRevision\":\"c0ffee\"");
  }

  @Test
  void aBucketIsListedPageByPageAndFetched() throws IOException {
    var page =
        """
        <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
          %s<Contents><Key>r1/%s</Key><ETag>"1"</ETag><Size>%d</Size></Contents>
        </ListBucketResult>
        """;
    server.put(
        "/models/?list-type=2&prefix=r1%2F",
        page.formatted("<NextContinuationToken>a/b=</NextContinuationToken>", "config.json", 2));
    server.put(
        "/models/?continuation-token=a%2Fb%3D&list-type=2&prefix=r1%2F",
        page.formatted("", "w/model.safetensors", SIZE));
    server.put("/models/r1/config.json", "{}");
    server.put("/models/r1/w/model.safetensors", weights);
    server.refuse(
        exchange ->
            String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"))
                    .startsWith("AWS4-HMAC-SHA256 Credential=id/")
                ? Optional.empty()
                : Optional.of(403));
    var environment =
        Map.of(
            "AWS_ENDPOINT_URL",
            server.address(""),
            "AWS_ACCESS_KEY_ID",
            "id",
            "AWS_SECRET_ACCESS_KEY",
            "secret");
    assertThat(fetch(environment, "s3://models/r1")).isZero();
    assertThat(target().resolve("w/model.safetensors")).hasBinaryContent(weights);
    assertThat(target().resolve("config.json")).hasContent("{}");
  }

  @Test
  void aProcessThatIsKilledInTheMiddleIsTakenUpByTheNextOne() throws Exception {
    server.put("/weights.gguf", weights);
    server.breakAfter(500_000);
    var inTheMiddle = new CompletableFuture<Process>();
    var killed = new CompletableFuture<Process>();
    server.refuse(
        exchange -> {
          if (server.requests().size() > 3) {
            inTheMiddle.complete(null);
            killed.join();
          }
          return Optional.empty();
        });
    var process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "fetch",
                "--source",
                server.address("/weights.gguf"),
                "--target",
                target().toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("killed.log").toFile())
            .start();
    CompletableFuture.anyOf(inTheMiddle, process.onExit()).get(60, TimeUnit.SECONDS);
    assertThat(process.isAlive()).as(Files.readString(folder.resolve("killed.log"))).isTrue();
    killed.complete(process.destroyForcibly().onExit().get(60, TimeUnit.SECONDS));
    server.breakAfter(Integer.MAX_VALUE);
    assertThat(fetch(Map.of(), server.address("/weights.gguf"))).isZero();
    assertThat(ranges(server)).last().satisfies(it -> assertThat(it).isGreaterThan(500_000));
    assertThat(target().resolve("weights.gguf")).hasBinaryContent(weights);
  }
}
