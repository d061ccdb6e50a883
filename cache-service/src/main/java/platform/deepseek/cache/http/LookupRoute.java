package platform.deepseek.cache.http;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.netty.buffer.Unpooled;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import platform.deepseek.cache.answer.AnswerCache;
import platform.deepseek.cache.answer.Control;
import platform.deepseek.cache.answer.Outcome;
import platform.deepseek.cache.canonical.NoCanonicalForm;
import platform.deepseek.cache.entry.Entry;
import platform.deepseek.cache.error.BadRequest;
import platform.deepseek.cache.key.KeyMaterial;
import platform.deepseek.cache.key.ModelIdentity;
import platform.deepseek.cache.key.Scope;
import platform.deepseek.cache.lease.LeaseToken;
import platform.deepseek.cache.metrics.LookupTimer;

/** {@code POST /v1/lookups}: found, computed elsewhere, or to be computed by whoever asks. */
public final class LookupRoute implements Handler<RoutingContext> {

  private static final int MOST_BYTES = 16 << 20;
  private static final int LONGEST_NAME = 200;
  private static final long MOST_SECONDS = Duration.ofDays(3_650).toSeconds();
  private static final Set<String> FIELDS =
      Set.of("tenant", "cacheSalt", "model", "request", "control", "similar");
  private static final Set<String> SIMILAR_FIELDS = Set.of("around");
  private static final Set<String> MODEL_FIELDS =
      Set.of("name", "weights", "tokenizer", "template", "engine");
  private static final Set<String> CONTROL_FIELDS =
      Set.of("read", "store", "maxAgeSeconds", "ttlSeconds", "scope");

  /** The answers without an entry; absent fields are left out. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  private record Reply(String outcome, String key, String lease, String stream, Long leaseMillis) {}

  private final AnswerCache cache;
  private final LeaseToken tokens;
  private final Duration leaseLife;
  private final LookupTimer timer;

  public LookupRoute(AnswerCache cache, LeaseToken tokens, Duration leaseLife, LookupTimer timer) {
    this.cache = cache;
    this.tokens = tokens;
    this.leaseLife = leaseLife;
    this.timer = timer;
  }

  @Override
  public void handle(RoutingContext context) {
    BodyReader.read(context, MOST_BYTES, body -> look(context, body));
  }

  private void look(RoutingContext context, Buffer bytes) {
    long start = System.nanoTime();
    JsonBody body = JsonBody.parse(bytes.getBytes(), FIELDS);
    JsonBody control = controlOf(body);
    KeyMaterial material = material(body, control);
    Optional<String> around =
        body.object("similar", SIMILAR_FIELDS).map(like -> like.text("around", LONGEST_NAME));
    try {
      Completion.of(
          context,
          cache.lookup(material, control(control), around),
          outcome -> {
            timer.record(outcome, System.nanoTime() - start);
            reply(context.response(), outcome);
          });
    } catch (NoCanonicalForm e) {
      throw BadRequest.invalid("request", e.getMessage() + ".");
    }
  }

  /**
   * @param bytes a lookup as it is sent
   */
  static KeyMaterial material(Buffer bytes) {
    JsonBody body = JsonBody.parse(bytes.getBytes(), FIELDS);
    return material(body, controlOf(body));
  }

  private static JsonBody controlOf(JsonBody body) {
    return body.object("control", CONTROL_FIELDS).orElse(JsonBody.EMPTY);
  }

  private static KeyMaterial material(JsonBody body, JsonBody control) {
    JsonBody model =
        body.object("model", MODEL_FIELDS).orElseThrow(() -> BadRequest.missing("model"));
    model.optionalText("name", LONGEST_NAME); // for people: no part of the key
    Scope scope =
        switch (control.optionalText("scope", LONGEST_NAME).orElse("tenant")) {
          case "tenant" -> Scope.TENANT;
          case "shared" -> Scope.SHARED;
          default -> throw BadRequest.invalid("control.scope", "it is tenant or shared.");
        };
    return new KeyMaterial(
        body.text("tenant", LONGEST_NAME),
        body.text("cacheSalt", LONGEST_NAME),
        scope,
        new ModelIdentity(
            model.text("weights", LONGEST_NAME),
            model.text("tokenizer", LONGEST_NAME),
            model.text("template", LONGEST_NAME),
            model.text("engine", LONGEST_NAME)),
        body.any("request"));
  }

  private static Control control(JsonBody control) {
    return new Control(
        control.flag("read", true),
        control.flag("store", true),
        millis(control.number("maxAgeSeconds", MOST_SECONDS)),
        millis(control.number("ttlSeconds", MOST_SECONDS)));
  }

  private static OptionalLong millis(OptionalLong seconds) {
    return seconds.isPresent()
        ? OptionalLong.of(seconds.getAsLong() * 1_000)
        : OptionalLong.empty();
  }

  private void reply(HttpServerResponse response, Outcome outcome) {
    String key = outcome.key().toString();
    switch (outcome) {
      case Outcome.Hit hit ->
          hit(response, key, "\"" + hit.level() + "\"", hit.ageSeconds(), hit.entry());
      case Outcome.SimilarHit hit ->
          hit(
              response,
              key,
              "\"semantic\",\"similarity\":" + Math.floor(hit.similarity() * 10_000) / 10_000,
              hit.ageSeconds(),
              hit.entry());
      case Outcome.Lead(var unused, var lease) ->
          Replies.send(
              response,
              200,
              new Reply(
                  "lease",
                  key,
                  tokens.seal(lease),
                  lease.stream().toString(),
                  leaseLife.toMillis()));
      case Outcome.Follow(var unused, var stream) ->
          Replies.send(response, 200, new Reply("follow", key, null, stream.toString(), null));
      case Outcome.Pass pass ->
          Replies.send(response, 200, new Reply("pass", key, null, null, null));
    }
  }

  /** The entry goes out as the bytes that it is. */
  private static void hit(
      HttpServerResponse response, String key, String tier, long ageSeconds, Entry entry) {
    byte[] head =
        ("{\"outcome\":\"hit\",\"key\":\""
                + key
                + "\",\"tier\":"
                + tier
                + ",\"ageSeconds\":"
                + ageSeconds
                + ",\"entry\":")
            .getBytes(StandardCharsets.ISO_8859_1);
    byte[] json = entry.json();
    byte[] body = Arrays.copyOf(head, head.length + json.length + 1);
    System.arraycopy(json, 0, body, head.length, json.length);
    body[body.length - 1] = '}';
    Replies.send(response, 200, Buffer.buffer(Unpooled.wrappedBuffer(body)));
  }
}
