package platform.deepseek.inference.api.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static platform.deepseek.inference.api.contract.Examples.CACHE_SERVICE;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.inference.api.client.Await;
import platform.deepseek.inference.api.client.Endpoint;
import platform.deepseek.inference.api.client.Endpoint.Call;
import platform.deepseek.inference.api.client.HttpReply;
import platform.deepseek.inference.api.client.Port;
import platform.deepseek.inference.api.client.RawConnection;
import platform.deepseek.inference.api.contract.Examples;
import platform.deepseek.inference.api.parrot.ParrotProfile;
import platform.deepseek.inference.api.stream.Answers;

/** The whole service with cache-service as its contract has it. */
@QuarkusTest
@TestProfile(CachedServiceTest.Cached.class)
class CachedServiceTest {

  private static final Duration SOON = Duration.ofMinutes(1);

  /** The parrot beside cache-service. */
  public static final class Cached extends ParrotProfile {

    @Override
    public Map<String, String> getConfigOverrides() {
      Map<String, String> overrides = new HashMap<>(super.getConfigOverrides());
      overrides.put("deepseek.cache.url", "http://127.0.0.1:" + Port.free());
      overrides.put("deepseek.cache.patience", "1m"); // a busy machine is slow
      overrides.put("deepseek.cache.stream-silence", "4s"); // longer than its pauses
      overrides.put("deepseek.keep-alive", "1h"); // the first one would send the head
      return overrides;
    }
  }

  @ConfigProperty(name = "deepseek.cache.url")
  URI address;

  @TestHTTPResource("/")
  URI server;

  @Inject Answers answers;

  @Inject MeterRegistry meters;

  /** One for all: a connection that ends with a test would still be in the service's pool. */
  private static PlayedCache cache;

  @BeforeEach
  void listen() throws IOException {
    if (cache == null) {
      cache = new PlayedCache(address);
    }
    cache.beginAnew();
  }

  /** Nothing of a test reaches the next one. */
  @AfterEach
  void handAllIn() {
    Await.until(SOON, "all leases are over", () -> count("leases") == count("lookups", "lease"));
  }

  @AfterAll
  static void close() {
    cache.close();
    cache = null;
  }

  private double count(String name, String... outcomes) {
    return meters.find("deepseek.answer.cache." + name).counters().stream()
        .filter(
            counter ->
                outcomes.length == 0
                    || List.of(outcomes).contains(counter.getId().getTag("outcome")))
        .mapToDouble(Counter::count)
        .sum();
  }

  /** Until it is reached, however its connections ended before. */
  private void listenAgain() throws IOException {
    cache = new PlayedCache(address);
    cache.answers(lookup -> hitWithoutReasoning());
    Await.until(
        SOON,
        "it is asked again",
        () -> {
          try {
            return ask(Endpoint.OPENAI_CHAT, false).headers().get("x-cache").startsWith("HIT");
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  static List<Call> calls() {
    return Endpoint.calls();
  }

  private HttpReply ask(Endpoint endpoint, boolean stream, String fields) throws IOException {
    try (RawConnection client = new RawConnection(server)) {
      String request = endpoint.request("Hello", 50, stream);
      client.post(endpoint.path, ParrotProfile.KEY, "{" + fields + "," + request.substring(1));
      return client.reply();
    }
  }

  private HttpReply ask(Endpoint endpoint, boolean stream) throws IOException {
    HttpReply reply = ask(endpoint, stream, "\"temperature\":0");
    assertThat(reply.status()).as(reply.body()).isEqualTo(200);
    return reply;
  }

  /** A chat, whose answer is Hello. */
  private void assertHello(boolean stream, String cache) throws IOException {
    HttpReply reply = ask(Endpoint.OPENAI_CHAT, stream);
    assertThat(Endpoint.OPENAI_CHAT.text(reply.chunks(), stream)).isEqualTo("Hello");
    assertThat(reply.headers()).containsEntry("x-cache", cache);
  }

  /** Not all models here reason. */
  private static String hitWithoutReasoning() {
    ObjectNode hit = CACHE_SERVICE.read("lookup-hit");
    ((ObjectNode) hit.at("/entry/answer")).remove("reasoning");
    return hit.toString();
  }

  @ParameterizedTest
  @MethodSource("calls")
  void aHitIsAnsweredInEveryDialect(Call call) throws IOException {
    cache.answers(lookup -> hitWithoutReasoning());
    HttpReply reply = ask(call.endpoint(), call.stream());
    assertThat(reply.headers()).containsEntry("x-cache", "HIT; tier=L1; age=12");
    assertThat(call.endpoint().text(reply.chunks(), call.stream())).isEqualTo("Paris.");
    assertThat(cache.led()).isEmpty();
  }

  @Test
  void theAnswerToAQuestionLikeItIsMarked() throws IOException {
    ObjectNode hit = CACHE_SERVICE.read("lookup-similar-hit");
    ((ObjectNode) hit.at("/entry/answer")).remove("reasoning");
    cache.answers(lookup -> hit.toString());
    HttpReply reply = ask(Endpoint.OPENAI_CHAT, false);
    assertThat(reply.headers())
        .containsEntry("x-cache", "HIT; tier=semantic; age=12; similarity=0.9731");
  }

  @Test
  void beforeTheFirstRequestTheWayIsWarmedByLookupsThatLeaveNothing() throws IOException {
    cache.answers(lookup -> CACHE_SERVICE.read("lookup-pass").toString());
    assertThat(warm()).isPositive().isEqualTo(cache.lookups().size());
    assertThat(cache.lookups())
        .allSatisfy(
            lookup -> {
              assertThat(lookup.at("/control/read").booleanValue()).isTrue();
              assertThat(lookup.at("/control/store").booleanValue()).isFalse();
            });
    cache.close();
    assertThat(warm()).isZero();
    listenAgain();
  }

  private int warm() {
    return ((CachedAnswers) answers)
        .warm()
        .toCompletionStage()
        .toCompletableFuture()
        .orTimeout(1, TimeUnit.MINUTES)
        .join();
  }

  @Test
  void noQuestionLikeItIsAskedForWhereThatIsOff() throws IOException {
    ask(Endpoint.OPENAI_CHAT, false);
    assertThat(cache.lookups().getFirst().has("similar")).isFalse();
  }

  /** What is another one's each time, or tells of the cache. */
  private static final Set<String> OF_THE_MOMENT =
      Set.of(
          "id",
          "created",
          "created_at",
          "completed_at",
          "prompt_cache_hit_tokens",
          "prompt_cache_miss_tokens",
          "cached_tokens",
          "cache_read_input_tokens",
          "cache_creation_input_tokens",
          "input_tokens");

  @ParameterizedTest
  @MethodSource("calls")
  void aHitEqualsTheFreshAnswerWhateverWasAsked(Call call) throws IOException {
    Random random = new Random(11);
    int kept = 0;
    for (int round = 0; round < 6; round++) {
      String question = randomText(random);
      cache.answers(lookup -> CACHE_SERVICE.read("lookup-lease").toString());
      int before = cache.led().size();
      HttpReply fresh = ask(call, question);
      Await.until(
          SOON,
          "it is handed in or abandoned",
          () ->
              cache.led().stream()
                  .skip(before)
                  .anyMatch(line -> line.startsWith("{\"entry\"") || line.contains("abandon")));
      if (!cache.led().getLast().startsWith("{\"entry\"")) {
        continue; // it did not end by itself: no such answer is kept
      }
      kept++;
      ObjectNode hit = CACHE_SERVICE.read("lookup-hit");
      hit.set("entry", Examples.parse(cache.led().getLast()).get("entry"));
      cache.answers(lookup -> hit.toString());
      HttpReply again = ask(call, question);
      assertThat(fresh.headers()).containsEntry("x-cache", "MISS");
      assertThat(again.headers()).containsEntry("x-cache", "HIT; tier=L1; age=12");
      assertThat(call.endpoint().text(again.chunks(), call.stream()))
          .isEqualTo(call.endpoint().text(fresh.chunks(), call.stream()));
      if (!call.stream()) {
        assertThat(lasting(again.body())).isEqualTo(lasting(fresh.body()));
      }
    }
    String path = call.endpoint().path;
    boolean endsByItself = path.endsWith("chat/completions") || !path.endsWith("completions");
    assertThat(kept).isEqualTo(endsByItself ? 6 : 0);
  }

  private HttpReply ask(Call call, String question) throws IOException {
    try (RawConnection client = new RawConnection(server)) {
      String request = call.endpoint().request(question, 400, call.stream());
      client.post(
          call.endpoint().path, ParrotProfile.KEY, "{\"temperature\":0," + request.substring(1));
      HttpReply reply = client.reply();
      assertThat(reply.status()).as(reply.body()).isEqualTo(200);
      return reply;
    }
  }

  private static String randomText(Random random) {
    StringBuilder text = new StringBuilder();
    int words = 1 + random.nextInt(12);
    for (int i = 0; i < words; i++) {
      text.append(i == 0 ? "" : " ");
      int letters = 1 + random.nextInt(8);
      for (int j = 0; j < letters; j++) {
        text.append((char) ('a' + random.nextInt(26)));
      }
    }
    return text.toString();
  }

  /** The answer without {@link #OF_THE_MOMENT}. */
  private static JsonNode lasting(String body) {
    return lasting(Examples.parse(body));
  }

  private static JsonNode lasting(JsonNode node) {
    if (node instanceof ObjectNode object) {
      object.remove(OF_THE_MOMENT);
    }
    node.forEach(CachedServiceTest::lasting);
    return node;
  }

  @Test
  void whatIsAskedForHasTheWholeRequestWithEffectiveValues() throws IOException {
    ask(Endpoint.OPENAI_CHAT, false);
    ObjectNode lookup = cache.lookups().getFirst();
    assertThat(lookup.properties().stream().map(Map.Entry::getKey))
        .containsExactlyInAnyOrder("tenant", "cacheSalt", "model", "request", "control");
    JsonNode request = lookup.get("request");
    assertThat(request.at("/messages/0/content").textValue()).isEqualTo("Hello");
    assertThat(request.has("temperature")).isFalse();
    JsonNode effective = request.get("deepseek_effective");
    assertThat(effective.get("temperature").doubleValue()).isZero();
    assertThat(effective.get("top_p").doubleValue()).isEqualTo(1);
    assertThat(effective.get("max_tokens").intValue()).isEqualTo(50);
    assertThat(effective.has("seed")).isFalse();
    assertThat(effective.get("prompt").textValue()).matches("[0-9a-f]{64}");
    assertThat(lookup.at("/model/weights").textValue()).isEqualTo("parrot-weights");
  }

  @Test
  void aDefaultThatIsSpeltOutAsksTheSame() throws IOException {
    ask(Endpoint.OPENAI_CHAT, false);
    HttpReply spelt =
        ask(
            Endpoint.OPENAI_CHAT,
            false,
            "\"temperature\":0.0,\"top_p\":1.0,\"n\":1,\"stop\":null,\"presence_penalty\":0,"
                + "\"response_format\":{\"type\":\"text\"},\"tools\":[]");
    assertThat(spelt.status()).isEqualTo(200);
    assertThat(cache.lookups().get(1).get("request"))
        .isEqualTo(cache.lookups().getFirst().get("request"));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aLeaseIsComputedAndHandedIn(boolean stream) throws IOException {
    assertHello(stream, "MISS");
    Await.until(SOON, "it is handed in", () -> cache.led().toString().contains("entry"));
    ObjectNode entry = Examples.parse(cache.led().getLast());
    assertThat(entry.at("/entry/answer/content").textValue()).isEqualTo("Hello");
    assertThat(entry.at("/entry/finishReason").textValue()).isEqualTo("stop");
    StringBuilder shared = new StringBuilder();
    for (String line : cache.led().subList(0, cache.led().size() - 1)) {
      shared.append(Examples.parse(line).at("/data/content").textValue());
    }
    assertThat(shared.toString()).isEqualTo("Hello");
  }

  @Test
  void anAnswerThatIsCutIsSharedAndNotKept() throws IOException {
    HttpReply reply = ask(Endpoint.OPENAI_COMPLETIONS, false);
    assertThat(reply.body()).contains("\"finish_reason\":\"length\"");
    Await.until(SOON, "it is abandoned", () -> cache.led().toString().contains("abandon"));
    assertThat(cache.led().toString()).doesNotContain("entry");
    assertThat(Examples.parse(cache.led().get(cache.led().size() - 2)).at("/data/finishReason"))
        .hasToString("\"length\"");
    assertThat(cache.led().getLast()).isEqualTo("{\"abandon\":\"length\"}");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anAnswerIsFollowedToItsEnd(boolean stream) throws IOException {
    cache.answers(lookup -> CACHE_SERVICE.read("lookup-follow").toString());
    HttpReply reply = ask(Endpoint.OPENAI_CHAT, stream);
    assertThat(Endpoint.OPENAI_CHAT.text(reply.chunks(), stream)).isEqualTo("Paris.");
    assertThat(reply.headers()).containsEntry("x-cache", "FOLLOW");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"{\"end\":\"lost\"}", "{\"end\":\"abandoned\",\"reason\":\"x\"}", "nonsense", ""})
  void anAnswerThatBreaksOffIsFinishedWithoutASeam(String last) throws IOException {
    cache.answers(
        lookup ->
            CACHE_SERVICE
                .read(cache.lookups().size() == 1 ? "lookup-follow" : "lookup-lease")
                .toString());
    cache.isFollowed(List.of("{\"seq\":0,\"data\":{\"content\":\"Hel\"}}", last));
    assertHello(true, "FOLLOW");
  }

  /** As behind a network that broke, or on a node that lost its power: nobody closes anything. */
  @Test
  void anAnswerThatStandsStillIsFinishedWithoutASeam() throws IOException {
    cache.answers(
        lookup ->
            CACHE_SERVICE
                .read(cache.lookups().size() == 1 ? "lookup-follow" : "lookup-lease")
                .toString());
    cache.isFollowed(List.of("{\"seq\":0,\"data\":{\"content\":\"Hel\"}}", "{\"alive\":true}"));
    cache.fallsSilentBehindThem();
    assertHello(true, "FOLLOW");
    assertThat(cache.lookups()).hasSize(2);
  }

  @Test
  void leadersThatDieAgainAndAgainAreNotFollowedForEver() throws IOException {
    cache.answers(lookup -> CACHE_SERVICE.read("lookup-follow").toString());
    cache.isFollowed(List.of("{\"end\":\"lost\"}"));
    HttpReply reply = ask(Endpoint.OPENAI_CHAT, true);
    assertThat(Endpoint.OPENAI_CHAT.text(reply.chunks(), true)).isEqualTo("Hello");
    assertThat(cache.lookups()).hasSizeBetween(2, 8);
  }

  @ParameterizedTest
  @ValueSource(strings = {"nonsense", "{}", "[]"})
  void anAnswerThatIsNoneIsAMiss(String nonsense) throws IOException {
    cache.answers(lookup -> nonsense);
    assertHello(true, "MISS");
    cache.answers(lookup -> CACHE_SERVICE.read("lookup-pass").toString());
    assertHello(false, "MISS");
  }

  @Test
  void withoutCacheServiceAnswersAreComputedAndItIsNotAskedForLong() throws IOException {
    cache.close();
    for (int i : IntStream.range(0, 8).toArray()) {
      assertHello(i % 2 == 0, "MISS");
    }
    listenAgain();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"temperature\":1",
        "\"temperature\":0,\"n\":2",
        "\"temperature\":0,\"logprobs\":true"
      })
  void whatIsNoFunctionOfTheRequestIsNotLookedUp(String fields) throws IOException {
    HttpReply reply = ask(Endpoint.OPENAI_CHAT, false, fields);
    assertThat(reply.status()).as(reply.body()).isEqualTo(200);
    assertThat(reply.headers()).doesNotContainKey("x-cache");
    assertThat(cache.lookups()).isEmpty();
  }
}
