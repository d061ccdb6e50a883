package platform.deepseek.inference.api.cache;

import static platform.deepseek.inference.api.json.ReceivedJson.required;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import platform.deepseek.inference.api.json.ReceivedJson;
import platform.deepseek.inference.api.json.Unintelligible;
import platform.deepseek.inference.api.json.WholeAnswer;
import platform.deepseek.inference.engine.prefix.BlockName;
import platform.deepseek.inference.engine.prefix.PrefixStore;

/**
 * Blocks of prefixes in cache-service. Requests are asked to wait only while it is known to answer
 * well within its patience: {@link Reachability} finds that out beside them.
 */
final class PrefixClient implements PrefixStore {

  private static final Logger LOG = Logger.getLogger(PrefixClient.class);

  static final String TENANT = "x-deepseek-tenant";

  /** Of everybody where nobody is told apart. */
  private static final String NOBODY = "-";

  /** What is read at once; small pieces would cost more than their bytes. */
  private static final int PIECE = 256 << 10;

  /**
   * A timer that comes so much later than asked says that this process stood still, as a collection
   * makes it: the answer may be there and has not been read. A third of the patience reads it, so
   * that a service that is silent still costs 20 ms at most besides.
   */
  private static final int STANDSTILL_MILLIS = 3;

  private static final int LOOKUPS = 8;
  private static final int TRANSFERS = 4;

  /** Shorter than a replica that stops serves on. */
  private static final int KEEP_ALIVE_SECONDS = 1;

  private final Vertx vertx;
  private final CacheAddress address;
  private final PrefixStoreConfig config;
  private final HttpClient lookups;
  private final HttpClient transfers;
  private final Reachability reachability;
  private final BlockUploads uploads;

  PrefixClient(
      Vertx vertx, CacheAddress address, PrefixStoreConfig config, MeterRegistry registry) {
    this.vertx = vertx;
    this.address = address;
    this.config = config;
    this.lookups = client(vertx, LOOKUPS);
    this.transfers = client(vertx, TRANSFERS);
    this.reachability = new Reachability(vertx, config.patience(), this::ask);
    this.uploads =
        new BlockUploads(
            transfers,
            address,
            config.queueMemory().asLongValue(),
            failure -> reachability.unanswered(failure.toString()));
    Gauge.builder("deepseek.prefix.store.available", () -> isAvailable() ? 1 : 0)
        .description("1 while cache-service is asked for prefixes, 0 while it does not answer")
        .strongReference(true)
        .register(registry);
  }

  /** Finds out from now on whether cache-service answers, and relies on it once it does. */
  PrefixClient start() {
    reachability.start();
    return this;
  }

  /** Starts after what the first transfers would have to wait for: once in a process. */
  PrefixClient startWarm() {
    new TransferWarmUp(vertx, transfers)
        .run()
        .onFailure(failure -> LOG.warnf(failure, "the first prefixes will take longer than usual"))
        .onComplete(over -> start());
    return this;
  }

  private static HttpClient client(Vertx vertx, int connections) {
    return vertx.createHttpClient(
        new HttpClientOptions()
            .setKeepAliveTimeout(KEEP_ALIVE_SECONDS)
            .setTcpNoDelay(true)
            .setMaxChunkSize(PIECE)
            .setReceiveBufferSize(4 * PIECE)
            .setConnectTimeout(1_000),
        new PoolOptions().setHttp1MaxSize(connections));
  }

  @Override
  public boolean isAvailable() {
    return reachability.isReached();
  }

  @Override
  public CompletableFuture<Integer> lookup(String tenant, List<BlockName> names) {
    CompletableFuture<Integer> answer = new CompletableFuture<>();
    ask(tenant, names).onSuccess(answer::complete).onFailure(answer::completeExceptionally);
    giveUpLater(answer);
    return answer.whenComplete(
        (known, failure) -> {
          if (failure == null) {
            reachability.answered();
          } else {
            reachability.unanswered(failure.toString());
          }
        });
  }

  private void giveUpLater(CompletableFuture<Integer> answer) {
    long patience = Math.max(1, config.patience().toMillis());
    long asked = System.nanoTime();
    vertx.setTimer(
        patience,
        over -> {
          long late = (System.nanoTime() - asked) / 1_000_000 - patience;
          if (late < STANDSTILL_MILLIS) {
            giveUp(answer);
          } else {
            vertx.setTimer(Math.max(1, patience / 3), again -> giveUp(answer));
          }
        });
  }

  private static void giveUp(CompletableFuture<Integer> answer) {
    answer.completeExceptionally(new TimeoutException("no answer in time"));
  }

  private Future<Integer> ask(String tenant, List<BlockName> names) {
    return WholeAnswer.to(
            lookups.request(
                address
                    .to(HttpMethod.POST, "/v1/prefixes/lookups")
                    .setTimeout(Reachability.UNHURRIED.toMillis())
                    .putHeader(TENANT, owner(tenant))
                    .putHeader("content-type", "application/json")),
            json(names),
            WholeAnswer.Deadline.in(Reachability.UNHURRIED))
        .map(answer -> number(answer, "known"));
  }

  /** A number of cache-service's answer. */
  static int number(WholeAnswer answer, String name) {
    if (answer.status() != 200) {
      throw new Unintelligible("status " + answer.status());
    }
    return required(ReceivedJson.parse(answer.body()), name).intValue();
  }

  @Override
  public Transfer fetch(
      String tenant,
      List<BlockName> names,
      int blockBytes,
      Duration within,
      Consumer<ByteBuffer> receiver) {
    BlockTransfer transfer =
        new BlockTransfer(vertx, within, config.silence(), new BlockReader(blockBytes, receiver));
    transfer.start(
        transfers,
        address
            .to(HttpMethod.POST, "/v1/prefixes/reads")
            .setIdleTimeout(Math.max(1, config.silence().toMillis()))
            .putHeader(TENANT, owner(tenant))
            .putHeader("content-type", "application/json"),
        json(names));
    var unused =
        transfer
            .end()
            .exceptionally(
                failure -> {
                  if (!(failure instanceof BlockTransfer.Cancelled)) {
                    reachability.unanswered(failure.toString());
                  }
                  return null;
                });
    return transfer;
  }

  @Override
  public boolean hasRoom(int bytes) {
    return uploads.hasRoom(bytes);
  }

  @Override
  public CompletableFuture<Boolean> store(String tenant, BlockName name, byte[] block) {
    return uploads.add(owner(tenant), name, block);
  }

  private static String owner(String tenant) {
    return tenant.isEmpty() ? NOBODY : tenant;
  }

  private static Buffer json(List<BlockName> names) {
    StringBuilder json = new StringBuilder(16 + names.size() * (2 * BlockName.BYTES + 3));
    json.append("{\"names\":[");
    for (int i = 0; i < names.size(); i++) {
      json.append(i == 0 ? "\"" : ",\"").append(names.get(i)).append('"');
    }
    return Buffer.buffer(json.append("]}").toString());
  }
}
