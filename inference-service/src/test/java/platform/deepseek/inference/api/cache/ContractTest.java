package platform.deepseek.inference.api.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static platform.deepseek.inference.api.contract.Examples.CACHE_SERVICE;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.inference.api.ModelIdentity;
import platform.deepseek.inference.api.contract.Examples;
import platform.deepseek.inference.api.json.Unintelligible;
import platform.deepseek.inference.api.stream.CacheControl;
import platform.deepseek.inference.api.stream.Ending;
import platform.deepseek.inference.api.stream.Piece;
import platform.deepseek.inference.api.stream.TokenCount;

/** What is said to cache-service and understood of its answers, example by example. */
class ContractTest {

  private static final Path ORIGINALS = Path.of("../cache-service/src/test/resources/contract");

  private static final KeptAnswer PARIS =
      new KeptAnswer(18, 0, 7, 0, 1_310, "The user asks for a capital.", "Paris.", null);

  private static Lookup lookup(ObjectNode answer) {
    return ContractJson.lookup(Buffer.buffer(answer.toString()));
  }

  private static StreamLine line(String line) {
    return ContractJson.line(Buffer.buffer(line));
  }

  @ParameterizedTest
  @ValueSource(strings = {"lookup-request", "lookup-similar-request"})
  void anAnswerIsLookedUpAsTheContractSays(String name) {
    ObjectNode example = CACHE_SERVICE.read(name);
    ObjectNode model = (ObjectNode) example.get("model");
    Buffer said =
        ContractJson.lookup(
            new ContractJson.Owner(
                example.get("tenant").textValue(),
                example.get("cacheSalt").textValue(),
                example.at("/control/scope").textValue().equals("shared")),
            "deepseek-r1",
            new ModelIdentity(
                model.get("weights").textValue(),
                model.get("tokenizer").textValue(),
                model.get("template").textValue(),
                model.get("engine").textValue()),
            (ObjectNode) example.get("request"),
            CacheControl.parse("max-age=3600"),
            OptionalLong.of(86_400),
            Optional.ofNullable(example.at("/similar/around").textValue()));
    assertThat(Examples.parse(said.toString())).isEqualTo(example);
  }

  @Test
  void anAnswerToAQuestionThatMeansTheSameIsUnderstoodAndTold() {
    Lookup.Hit hit = (Lookup.Hit) lookup(CACHE_SERVICE.read("lookup-similar-hit"));
    assertThat(hit).isEqualTo(new Lookup.Hit("semantic", OptionalDouble.of(0.9731), 12, PARIS));
    assertThat(hit.told()).isEqualTo("HIT; tier=semantic; age=12; similarity=0.9731");
  }

  @Test
  void aHitIsUnderstood() {
    assertThat(lookup(CACHE_SERVICE.read("lookup-hit")))
        .isEqualTo(new Lookup.Hit("L1", OptionalDouble.empty(), 12, PARIS));
  }

  @Test
  void aLeaseIsUnderstood() {
    ObjectNode example = CACHE_SERVICE.read("lookup-lease");
    assertThat(lookup(example))
        .isEqualTo(
            new Lookup.Lease(
                example.get("key").textValue(),
                example.get("lease").textValue(),
                example.get("stream").textValue()));
  }

  @Test
  void whereToFollowIsUnderstood() {
    ObjectNode example = CACHE_SERVICE.read("lookup-follow");
    assertThat(lookup(example)).isEqualTo(new Lookup.Follow(example.get("stream").textValue()));
    assertThat(lookup(CACHE_SERVICE.read("lookup-pass"))).isEqualTo(new Lookup.Pass());
  }

  @Test
  void whatIsComputedForAllIsSaidAsTheContractSays() {
    List<String> example = CACHE_SERVICE.lines("stream-append");
    assertThat(
            Stream.of(
                    ContractJson.moreLine(true, "The user asks for a capital."),
                    ContractJson.moreLine(false, "Par"),
                    ContractJson.moreLine(false, "is."))
                .map(line -> line.toString().strip()))
        .isEqualTo(example.subList(0, 3));
    ObjectNode entry = Examples.parse(ContractJson.entryLine(PARIS).toString());
    ((ObjectNode) entry.at("/entry/answer")).remove("reasoningTokens"); // our own part of it
    assertThat(entry).isEqualTo(Examples.parse(example.getLast()));
    assertThat(entry.get("entry")).isEqualTo(CACHE_SERVICE.read("entry-request"));
    assertThat(ContractJson.abandonLine("tool_calls").toString())
        .isEqualTo("{\"abandon\":\"tool_calls\"}\n");
  }

  @Test
  void whatIsFollowedIsUnderstoodLineByLine() {
    assertThat(CACHE_SERVICE.lines("stream-read").stream().map(ContractTest::line))
        .containsExactly(
            new StreamLine.More(new Piece.Reasoning("The user asks for a capital.", List.of())),
            new StreamLine.More(new Piece.Text("Par", List.of())),
            new StreamLine.More(new Piece.Text("is.", List.of())),
            new StreamLine.Done(PARIS));
    assertThat(line("{\"end\":\"lost\"}")).isEqualTo(new StreamLine.Lost());
    assertThat(line("{\"end\":\"abandoned\",\"reason\":\"length\"}"))
        .isEqualTo(new StreamLine.Abandoned());
    assertThat(line("{\"alive\":true}")).isEqualTo(new StreamLine.Alive());
  }

  @Test
  void anAnswerThatIsCutIsSharedWithItsUsage() {
    TokenCount count = new TokenCount(18, 16, 7, 3);
    ObjectNode said =
        Examples.parse(ContractJson.endedLine(Ending.Reason.LENGTH, count).toString());
    said.put("seq", 4);
    assertThat(line(said.toString()))
        .isEqualTo(new StreamLine.Ended(Ending.of(Ending.Reason.LENGTH), count));
  }

  @Test
  void anAnswerComesBackAsItWasHandedIn() {
    KeptAnswer answer = new KeptAnswer(3, 2, 9, 4, 17, "", "a \"b\"\n\u00e9\ud83d\ude00", "\n\n");
    ObjectNode hit = CACHE_SERVICE.read("lookup-hit");
    hit.set("entry", Examples.parse(ContractJson.entryLine(answer).toString()).get("entry"));
    assertThat(lookup(hit)).isEqualTo(new Lookup.Hit("L1", OptionalDouble.empty(), 12, answer));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "nonsense",
        "{}",
        "[]",
        "null",
        "{\"outcome\":\"perhaps\"}",
        "{\"outcome\":\"hit\"}",
        "{\"outcome\":\"hit\",\"tier\":\"L1\",\"ageSeconds\":1,\"entry\":{}}",
        "{\"outcome\":\"lease\",\"key\":\"a\"}",
        "{\"outcome\":1}"
      })
  void anAnswerThatIsNoneIsNotUsed(String answer) {
    assertThatThrownBy(() -> ContractJson.lookup(Buffer.buffer(answer)))
        .isInstanceOf(Unintelligible.class);
  }

  @Test
  void theExamplesAreThoseOfCacheService() throws IOException {
    assumeTrue(Files.isDirectory(ORIGINALS), "this checkout has no cache-service");
    try (Stream<Path> files = Files.list(CACHE_SERVICE.folder())) {
      for (Path copy : files.filter(file -> !file.endsWith("README.md")).toList()) {
        assertThat(copy).hasSameTextualContentAs(ORIGINALS.resolve(copy.getFileName()));
      }
    }
  }
}
