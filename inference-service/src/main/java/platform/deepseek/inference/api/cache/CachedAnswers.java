package platform.deepseek.inference.api.cache;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import platform.deepseek.inference.api.ServedModel;
import platform.deepseek.inference.api.account.Grant;
import platform.deepseek.inference.api.cache.ContractJson.Owner;
import platform.deepseek.inference.api.json.Fields;
import platform.deepseek.inference.api.json.Unintelligible;
import platform.deepseek.inference.api.json.WholeAnswer;
import platform.deepseek.inference.api.metrics.RequestMetrics;
import platform.deepseek.inference.api.stream.Answers;
import platform.deepseek.inference.api.stream.CacheControl;
import platform.deepseek.inference.api.stream.Generator;
import platform.deepseek.inference.api.stream.Prepared;
import platform.deepseek.inference.api.stream.Recall;

/** Whole answers that cache-service keeps. */
final class CachedAnswers implements Answers {

  private static final Logger LOG = Logger.getLogger(CachedAnswers.class);

  /** Of everybody where nobody is told apart. */
  private static final String NOBODY = "-";

  private final ServedModel model;
  private final AnswerCacheConfig config;
  private final RequestMetrics requests;
  private final CacheClient client;
  private final Breaker breaker = new Breaker(System::nanoTime);
  private final CacheMetrics metrics;
  private final long keepAliveMillis;
  private final AtomicBoolean away = new AtomicBoolean();

  CachedAnswers(
      Vertx vertx,
      URI address,
      AnswerCacheConfig config,
      ServedModel model,
      long keepAliveMillis,
      RequestMetrics requests,
      MeterRegistry registry) {
    this.model = model;
    this.config = config;
    this.requests = requests;
    this.client = new CacheClient(vertx, address, config);
    this.metrics = new CacheMetrics(registry, breaker::isOpen);
    this.keepAliveMillis = keepAliveMillis;
  }

  /**
   * Asks what nobody has asked and nobody will keep, again and again for a while: after that the
   * connections are open and the way to an answer is compiled. Ends at once where cache-service is
   * not there, and normally whatever it says.
   */
  Future<Integer> warm() {
    return new WarmUp(client, model).run();
  }

  @Override
  public Optional<Recall> recall(Fields body, Prepared prepared) {
    if (!RequestKey.isKept(prepared)) {
      return Optional.empty();
    }
    boolean greedy = RequestKey.isGreedy(prepared);
    Supplier<ObjectNode> request;
    if (greedy) {
      ObjectNode known = RequestKey.of(body, prepared);
      request = () -> known;
    } else {
      request = () -> RequestKey.of(body, prepared); // hardly ever asked for
    }
    return Optional.of(new Recall(request, greedy, RequestKey.lifeSeconds(body)));
  }

  @Override
  public Generator.Running answer(Recall recall, Request request) {
    CacheControl control = request.client().cacheControl();
    if (!recall.greedy() && !control.takesKeptAnswers()) {
      return request.compute(request.outlets());
    }
    Optional<String> around = around(recall, request);
    Buffer question = question(recall, request, around);
    if ((control.noCache() && control.noStore())
        || question.length() > config.maxRequestSize().asLongValue()) {
      HttpServerResponse response = request.client().response();
      response.putHeader("x-cache", "BYPASS");
      return request.compute(request.outlets());
    }
    long patience = config.patience().toMillis();
    if (around.isPresent()) {
      patience += config.similarPatience().toMillis();
    }
    Answering answering = new Answering(this, request, question, patience);
    answering.look();
    return answering;
  }

  /** Where an answer to a question that means the same will do. */
  private Optional<String> around(Recall recall, Request request) {
    return config.similarAnswers() && !request.client().cacheControl().noCache()
        ? Around.of(
            model.tokenizer(),
            request.prepared().generations().getFirst().request().prompt(),
            recall.request().get())
        : Optional.empty();
  }

  private Buffer question(Recall recall, Request request, Optional<String> around) {
    return ContractJson.lookup(
        owner(request),
        model.id(),
        model.identity(),
        recall.request().get(),
        request.client().cacheControl(),
        recall.lifeSeconds(),
        around);
  }

  /** Users whom the client tells apart share no answers, as they share no prefixes. */
  private Owner owner(Request request) {
    Grant grant = request.grant();
    String tenant = grant.share().tenant();
    String user = request.prepared().generations().getFirst().request().cacheSalt();
    String salt = user.isEmpty() ? grant.cacheSalt() : digest(grant.cacheSalt() + "/" + user);
    return new Owner(
        tenant.isEmpty() ? NOBODY : tenant,
        salt.isEmpty() ? NOBODY : salt,
        config.shared() && user.isEmpty());
  }

  private static String digest(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }

  static Lookup read(WholeAnswer answer) {
    if (answer.status() != 200) {
      throw new Unintelligible("status %d: %s".formatted(answer.status(), answer.body()));
    }
    return ContractJson.lookup(answer.body());
  }

  /** Nobody waits for it any more: whoever comes next is not to wait for us either. */
  void returnUnused(Lookup answer) {
    if (answer instanceof Lookup.Lease lease) {
      client.release(lease);
    }
  }

  void answered() {
    breaker.succeeded();
    if (away.get() && away.compareAndSet(true, false)) {
      LOG.info("cache-service answers again");
    }
  }

  void unanswered(String why) {
    breaker.failed();
    if (breaker.isOpen() && away.compareAndSet(false, true)) {
      LOG.warnf("cache-service does not answer, answers are computed: %s", why);
    }
  }

  AnswerCacheConfig config() {
    return config;
  }

  RequestMetrics requests() {
    return requests;
  }

  CacheClient client() {
    return client;
  }

  Breaker breaker() {
    return breaker;
  }

  CacheMetrics metrics() {
    return metrics;
  }

  long keepAliveMillis() {
    return keepAliveMillis;
  }
}
