package platform.deepseek.auth.http;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import platform.deepseek.auth.decision.Decision;
import platform.deepseek.auth.decision.Decisions;
import platform.deepseek.auth.decision.Question;
import platform.deepseek.auth.error.BadRequest;
import platform.deepseek.auth.identity.Identity;
import platform.deepseek.auth.identity.Treatment;
import platform.deepseek.auth.limit.Demand;
import platform.deepseek.auth.metrics.DecisionMetrics;
import platform.deepseek.auth.network.ClientAddress;
import platform.deepseek.auth.network.TrustedProxies;
import platform.deepseek.auth.traffic.SourceWatch;

/**
 * {@code POST /v1/decisions}. The answer is 200 whether the request may be answered or not; any
 * other status means that nothing was decided, and whoever asked lets nobody in.
 */
public final class DecisionRoute implements Handler<RoutingContext> {

  private static final int MOST_BYTES = 65_536;
  private static final int LONGEST_CREDENTIAL = 16_384;
  private static final Set<String> FIELDS =
      Set.of(
          "credential",
          "clientAddress",
          "forwardedFor",
          "method",
          "path",
          "model",
          "promptTokens",
          "maxTokens",
          "userId",
          "identify");

  /** Leave; absent fields are left out. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  private record Leave(
      boolean allow,
      String tenant,
      String user,
      String role,
      String credential,
      String cacheSalt,
      int priority,
      int weight,
      int holderWeight,
      String reservation,
      long maxTokens,
      Integer promptBytes,
      Map<String, String> headers) {}

  /** The other answer. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  private record Refused(
      boolean allow,
      int status,
      String code,
      String message,
      Long retryAfterSeconds,
      Map<String, String> headers) {}

  private final Decisions decisions;
  private final TrustedProxies proxies;
  private final SourceWatch sources;
  private final DecisionMetrics metrics;

  public DecisionRoute(
      Decisions decisions, TrustedProxies proxies, SourceWatch sources, DecisionMetrics metrics) {
    this.decisions = decisions;
    this.proxies = proxies;
    this.sources = sources;
    this.metrics = metrics;
  }

  @Override
  public void handle(RoutingContext context) {
    BodyReader.read(context, MOST_BYTES, body -> decide(context, body));
  }

  private void decide(RoutingContext context, Buffer body) {
    long start = System.nanoTime();
    JsonBody fields = JsonBody.parse(body.getBytes(), FIELDS);
    Question question = question(fields);
    Completion.of(
        context,
        fields.flag("identify") ? decisions.identify(question) : decisions.decide(question),
        decision -> {
          metrics.decided(decision, System.nanoTime() - start);
          Replies.send(context.response(), 200, reply(decision));
        });
  }

  private Question question(JsonBody body) {
    return question(body, proxies, sources);
  }

  /** Who asks for what, from where; it counts as a request of that address. */
  static Question question(JsonBody body, TrustedProxies proxies, SourceWatch sources) {
    String peer = body.text("clientAddress", 64);
    ClientAddress client =
        ClientAddress.parse(peer)
            .flatMap(address -> proxies.client(address, body.texts("forwardedFor", 4_096)))
            .orElseThrow(
                () -> BadRequest.invalid("clientAddress", "'%s' is no address.".formatted(peer)));
    sources.count(client);
    Optional<String> model = body.optionalText("model", 200);
    body.optionalText("userId", 512); // of the client's own user: nothing is judged by it
    return new Question(
        body.optionalText("credential", LONGEST_CREDENTIAL).orElse(""),
        client,
        body.text("method", 16),
        body.text("path", 4_096),
        model,
        body.number("promptTokens", Demand.MOST_TOKENS),
        body.number("maxTokens", Demand.MOST_TOKENS),
        model.isPresent());
  }

  private static Map<String, String> headers(Decision.Deny deny) {
    Map<String, String> headers = QuotaHeaders.of(deny.quota(), deny.retryAfter());
    deny.challenge().ifPresent(challenge -> headers.put("www-authenticate", challenge));
    return headers;
  }

  private static Record reply(Decision decision) {
    return switch (decision) {
      case Decision.Allow allow -> leave(allow, allow.identity());
      case Decision.Deny deny -> refused(deny);
    };
  }

  static Record refused(Decision.Deny deny) {
    return new Refused(
        false,
        deny.refusal().status(),
        deny.refusal().code(),
        deny.message(),
        deny.retryAfter().map(QuotaHeaders::wholeSeconds).orElse(null),
        headers(deny));
  }

  private static Leave leave(Decision.Allow allow, Identity identity) {
    Treatment treatment = identity.treatment();
    return new Leave(
        true,
        identity.tenant(),
        identity.user().orElse(null),
        identity.role().label(),
        identity.credential(),
        treatment.cacheSalt(),
        treatment.priority(),
        treatment.weight(),
        treatment.holderWeight(),
        allow.reservation().orElse(null),
        allow.maxTokens(),
        allow.reservation().isPresent() && treatment.promptBytes() > 0
            ? treatment.promptBytes()
            : null,
        QuotaHeaders.of(allow.quota(), Optional.empty()));
  }
}
