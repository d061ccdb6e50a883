package platform.deepseek.cache.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.parsetools.RecordParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * Many who ask the same at once, each as inference-service does: it looks up, and computes with a
 * lease, follows without one, and looks up again when its leader is lost. Who follows starts with
 * nothing each time and requires that what it reads is what it read before, and more.
 */
final class Crowd implements AutoCloseable {

  private static final Logger LOG = Logger.getLogger(Crowd.class);
  private static final int MOST_LOOKUPS = 100;
  private static final int PIECES = 20;
  private static final long PIECE_MILLIS = 50;

  /** What the leader does in the middle of its first answer. */
  enum Fate {
    LIVES,
    /** Its connection is cut. */
    LEAVES,
    /** The replica that it is connected to is killed. */
    REPLICA_DIES
  }

  private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
  private final HttpClient client =
      vertx.createHttpClient(
          new HttpClientOptions().setMaxPoolSize(1_000).setMaxWaitQueueSize(10_000));
  private final List<ServedReplica> replicas;
  private final Buffer question;
  private final String answer;
  private final Fate fate;
  private final Consumer<String> outlast;
  private final AtomicInteger computed = new AtomicInteger();

  /**
   * @param answer that whoever computes gives
   * @param outlast lets the time go by that a key's lease lasts of which nothing is heard
   */
  Crowd(
      List<ServedReplica> replicas,
      Buffer question,
      String answer,
      Fate fate,
      Consumer<String> outlast) {
    this.replicas = replicas;
    this.question = question;
    this.answer = answer;
    this.fate = fate;
    this.outlast = outlast;
  }

  /** What each of them got, in the order in which they came. */
  List<String> ask(int count) {
    List<CompletableFuture<String>> asked = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Member member = new Member(i);
      asked.add(member.got.future().toCompletionStage().toCompletableFuture());
      vertx.runOnContext(run -> member.look());
    }
    return asked.stream().map(CompletableFuture::join).toList();
  }

  /** How often the answer was begun. */
  int computed() {
    return computed.get();
  }

  @Override
  public void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  /** One of them; on the event loop. */
  private final class Member {

    private final Promise<String> got = Promise.promise();
    private int replica;
    private int lookups;
    private String seen = "";

    Member(int number) {
      this.replica = number % replicas.size();
    }

    private Future<HttpClientRequest> request(HttpMethod method, String path) {
      return client.request(
          new RequestOptions()
              .setMethod(method)
              .setHost("127.0.0.1")
              .setPort(replicas.get(replica).port())
              .setURI(path));
    }

    void look() {
      if (++lookups > MOST_LOOKUPS) {
        got.tryFail("there is no end to it");
        return;
      }
      request(HttpMethod.POST, "/v1/lookups")
          .compose(request -> request.send(question).compose(response -> response.body()))
          .onFailure(gone -> elsewhere())
          .onSuccess(
              body -> {
                JsonNode found = json(body);
                switch (found.path("outcome").textValue()) {
                  case "hit" -> finish(found.get("entry"));
                  case "lease" -> lead(found);
                  case "follow" -> follow(found.get("stream").textValue());
                  default -> got.tryFail("it is answered by " + body);
                }
              });
    }

    /** As behind a load balancer: what does not answer is asked no more. */
    private void elsewhere() {
      replica = (replica + 1) % replicas.size();
      look();
    }

    private void follow(String stream) {
      StringBuilder text = new StringBuilder();
      boolean[] over = {false};
      request(HttpMethod.GET, "/v1/streams/" + stream)
          .compose(HttpClientRequest::send)
          .onFailure(gone -> elsewhere())
          .onSuccess(
              response -> {
                if (response.statusCode() != 200) {
                  look();
                  return;
                }
                RecordParser lines =
                    RecordParser.newDelimited("\n").handler(line -> over[0] = read(line, text));
                response
                    .exceptionHandler(
                        gone -> {
                          if (!over[0]) {
                            over[0] = true;
                            elsewhere();
                          }
                        })
                    .endHandler(
                        end -> {
                          if (!over[0]) {
                            got.tryFail("a stream without its end");
                          }
                        })
                    .handler(lines);
              });
    }

    private boolean read(Buffer line, StringBuilder text) {
      JsonNode read = json(line);
      if (read.has("data")) {
        text.append(read.at("/data/content").textValue());
        String now = text.toString();
        if (!now.startsWith(seen) && !seen.startsWith(now) || !answer.startsWith(now)) {
          got.tryFail("torn: '%s' after '%s'".formatted(now, seen));
        }
        seen = now.length() > seen.length() ? now : seen;
        return false;
      }
      switch (read.path("end").asText()) {
        case "done" -> finish(read.get("entry"));
        case "lost" -> look();
        case "" -> {
          return false; // alive
        }
        default -> got.tryFail("it ended by " + line);
      }
      return true;
    }

    private void finish(JsonNode entry) {
      got.tryComplete(entry.at("/answer/content").textValue());
    }

    private void lead(JsonNode lease) {
      boolean first = computed.incrementAndGet() == 1;
      request(HttpMethod.PUT, "/v1/streams/" + lease.get("stream").textValue())
          .onFailure(got::tryFail)
          .onSuccess(
              request -> {
                request
                    .setChunked(true)
                    .putHeader(LeaseRoutes.HEADER, lease.get("lease").textValue());
                request.exceptionHandler(gone -> LOG.debugf("a leader: %s", gone.getMessage()));
                request
                    .response()
                    .onSuccess(
                        response -> {
                          if (response.statusCode() == 204) {
                            got.tryComplete(answer);
                          } else {
                            got.tryFail("an answer is refused by " + response.statusCode());
                          }
                        });
                write(request, 0, first, lease.get("key").textValue());
              });
    }

    private void write(HttpClientRequest request, int piece, boolean first, String key) {
      if (first && piece == PIECES / 2 && fate != Fate.LIVES) {
        die(request, key);
        return;
      }
      int length = answer.length();
      String part = answer.substring(length * piece / PIECES, length * (piece + 1) / PIECES);
      request.write("{\"data\":{\"content\":\"" + part + "\"}}\n");
      if (piece + 1 < PIECES) {
        vertx.setTimer(PIECE_MILLIS, due -> write(request, piece + 1, first, key));
      } else {
        request.end(
            """
            {"entry":{"finishReason":"stop","usage":{},"computeMillis":9,"answer":{"content":"%s"}}}
            """
                .formatted(answer));
      }
    }

    private void die(HttpClientRequest request, String key) {
      switch (fate) {
        case LIVES -> throw new IllegalStateException("it lives");
        case LEAVES -> {
          request.reset();
          got.tryComplete(answer); // nobody is there any more
        }
        case REPLICA_DIES -> {
          ServedReplica dying = replicas.get(replica);
          vertx.executeBlocking(
              () -> {
                dying.kill();
                outlast.accept(key);
                return null;
              });
          got.tryComplete(answer);
        }
      }
    }
  }

  private static JsonNode json(Buffer text) {
    try {
      return JsonBody.MAPPER.readTree(text.getBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
