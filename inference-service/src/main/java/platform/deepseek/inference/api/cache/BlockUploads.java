package platform.deepseek.inference.api.cache;

import io.netty.buffer.Unpooled;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import platform.deepseek.inference.api.json.WholeAnswer;
import platform.deepseek.inference.engine.prefix.BlockName;

/** Blocks on their way to cache-service, several in one request and one request at a time. */
final class BlockUploads {

  /** Blocks of one request: the next ones gather meanwhile. */
  private static final int AT_ONCE = 8;

  /** Nobody waits for it, and a busy machine may take its time. */
  private static final Duration SILENCE = Duration.ofSeconds(30);

  private record Upload(
      String tenant, BlockName name, byte[] block, CompletableFuture<Boolean> kept) {}

  private final HttpClient client;
  private final CacheAddress address;
  private final long mostBytes;
  private final Consumer<Throwable> failed;
  private final Deque<Upload> waiting = new ArrayDeque<>();
  private long bytes;
  private boolean sending;

  /**
   * @param failed told when cache-service did not take a request
   */
  BlockUploads(
      HttpClient client, CacheAddress address, long mostBytes, Consumer<Throwable> failed) {
    this.client = client;
    this.address = address;
    this.mostBytes = mostBytes;
    this.failed = failed;
  }

  /** One block always has room. */
  synchronized boolean hasRoom(int more) {
    return bytes == 0 || bytes + more <= mostBytes;
  }

  CompletableFuture<Boolean> add(String tenant, BlockName name, byte[] block) {
    Upload upload = new Upload(tenant, name, block, new CompletableFuture<>());
    synchronized (this) {
      waiting.addLast(upload);
      bytes += block.length;
    }
    sendNext();
    return upload.kept();
  }

  private void sendNext() {
    List<Upload> next = new ArrayList<>(AT_ONCE);
    synchronized (this) {
      if (sending || waiting.isEmpty()) {
        return;
      }
      sending = true;
      String tenant = waiting.getFirst().tenant();
      while (next.size() < AT_ONCE
          && !waiting.isEmpty()
          && waiting.getFirst().tenant().equals(tenant)) {
        next.add(waiting.removeFirst());
      }
    }
    send(next)
        .onComplete(
            done -> {
              synchronized (this) {
                sending = false;
                next.forEach(upload -> bytes -= upload.block().length);
              }
              boolean kept = done.succeeded() && done.result() == next.size();
              if (done.failed()) {
                failed.accept(done.cause());
              }
              next.forEach(upload -> upload.kept().complete(kept));
              sendNext();
            });
  }

  /** How many were kept. */
  private Future<Integer> send(List<Upload> uploads) {
    long length = uploads.stream().mapToLong(one -> head(one).length() + one.block().length).sum();
    return client
        .request(
            address
                .to(HttpMethod.PUT, "/v1/prefixes")
                .setIdleTimeout(SILENCE.toMillis())
                .putHeader(PrefixClient.TENANT, uploads.getFirst().tenant())
                .putHeader("content-type", "application/octet-stream")
                .putHeader("content-length", Long.toString(length)))
        .compose(request -> send(request, uploads))
        .map(answer -> PrefixClient.number(answer, "stored"));
  }

  private static Future<WholeAnswer> send(HttpClientRequest request, List<Upload> uploads) {
    Future<WholeAnswer> answer = WholeAnswer.to(request, Reachability.UNHURRIED);
    for (Upload upload : uploads) {
      request.write(head(upload));
      request.write(Buffer.buffer(Unpooled.wrappedBuffer(upload.block())));
    }
    request.end();
    return answer;
  }

  private static Buffer head(Upload upload) {
    return Buffer.buffer(upload.name().bytes()).appendInt(upload.block().length);
  }
}
