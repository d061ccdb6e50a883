package platform.deepseek.cache.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.parsetools.RecordParser;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.jboss.logging.Logger;
import platform.deepseek.cache.answer.AnswerCache;
import platform.deepseek.cache.error.BadRequest;
import platform.deepseek.cache.lease.Lease;
import platform.deepseek.cache.stream.End;
import platform.deepseek.cache.stream.LiveStream;
import platform.deepseek.cache.stream.Streams;

/**
 * {@code PUT /v1/streams/{stream}}: a leader's chunks as it computes them, one JSON object a line,
 * the answer or a reason for none last. The connection is the leader's life: while it is open its
 * lease is prolonged here, and when it breaks, those who follow hear it at once.
 */
public final class StreamAppendRoute implements Handler<RoutingContext> {

  private static final Logger LOG = Logger.getLogger(StreamAppendRoute.class);
  private static final int LONGEST_LINE = 16 << 20;
  private static final Set<String> FIELDS = Set.of("data", "entry", "abandon");

  private final AnswerCache cache;
  private final Streams streams;
  private final LeaseRoutes leases;
  private final Duration leaseLife;

  public StreamAppendRoute(
      AnswerCache cache, Streams streams, LeaseRoutes leases, Duration leaseLife) {
    this.cache = cache;
    this.streams = streams;
    this.leases = leases;
    this.leaseLife = leaseLife;
  }

  @Override
  public void handle(RoutingContext context) {
    Optional<Lease> lease =
        leases
            .lease(context)
            .filter(one -> one.stream().toString().equals(context.pathParam("stream")));
    if (lease.isEmpty()) {
      Replies.fail(
          context.response().putHeader("connection", "close"),
          BadRequest.invalid(LeaseRoutes.HEADER, "it is not the lease of this stream."));
      return;
    }
    context.request().pause();
    Completion.of(
        context,
        cache.renew(lease.get()),
        held -> {
          if (held) {
            new Leader(context, lease.get()).start();
          } else {
            Replies.fail(
                context.response().putHeader("connection", "close"), BadRequest.leaseLost());
          }
        });
  }

  /** One connected leader; on the event loop of its connection. */
  private final class Leader {

    private final RoutingContext context;
    private final Lease lease;
    private final LiveStream stream;
    private long renewal;
    private boolean finished;

    Leader(RoutingContext context, Lease lease) {
      this.context = context;
      this.lease = lease;
      this.stream = streams.lead(lease.stream());
    }

    void start() {
      RecordParser lines =
          RecordParser.newDelimited("\n")
              .maxRecordSize(LONGEST_LINE)
              .handler(this::line)
              .exceptionHandler(failure -> fail(BadRequest.tooLarge(LONGEST_LINE)));
      renewal =
          context.vertx().setPeriodic(Math.max(1, leaseLife.toMillis() / 3), timer -> renew());
      context.response().closeHandler(closed -> lost("the connection broke"));
      context
          .request()
          .exceptionHandler(failure -> lost(failure.getMessage()))
          .endHandler(
              end -> {
                if (!finished) {
                  fail(BadRequest.json("The stream ended without an entry."));
                }
              })
          .handler(lines)
          .resume();
      if (context.response().closed()) { // while the lease was asked for: nobody tells it again
        lost("the connection broke");
      }
    }

    private void line(Buffer line) {
      if (finished || line.length() == 0) {
        return;
      }
      try {
        JsonBody body = JsonBody.parse(line.getBytes(), FIELDS);
        if (body.has("data")) {
          append(body.value("data").orElseThrow(() -> BadRequest.missing("data")));
        } else if (body.has("entry")) {
          store(EntryBody.of(body.any("entry")));
        } else {
          abandon(body.text("abandon", 200));
        }
      } catch (BadRequest failure) {
        fail(failure);
      }
    }

    private void append(JsonNode data) {
      byte[] chunk =
          ("{\"seq\":" + stream.length() + ",\"data\":" + data + "}\n")
              .getBytes(StandardCharsets.UTF_8);
      if (!streams.append(lease.stream(), chunk)) {
        fail(BadRequest.tooLarge(LONGEST_LINE));
      }
    }

    private void store(EntryBody entry) {
      finish();
      Completion.of(
          context,
          cache.store(lease, entry.json(), entry.computeMillis()),
          held -> {
            if (held) {
              Replies.done(context.response());
            } else {
              streams.end(lease.stream(), new End.Lost());
              Replies.fail(context.response(), BadRequest.leaseLost());
            }
          });
    }

    private void abandon(String reason) {
      finish();
      Completion.of(
          context,
          cache.giveBack(lease, new End.Abandoned(reason)),
          held -> Replies.done(context.response()));
    }

    private void renew() {
      var unused =
          cache
              .renew(lease)
              .thenAccept(
                  held -> {
                    if (!held) {
                      Vertx vertx = context.vertx();
                      vertx.runOnContext(run -> fail(BadRequest.leaseLost()));
                    }
                  });
    }

    private void fail(BadRequest failure) {
      if (!finished) {
        lost(failure.getMessage());
        Replies.fail(context.response().putHeader("connection", "close"), failure);
      }
    }

    private void lost(String why) {
      if (!finished) {
        LOG.debugf("the leader of %s is lost: %s", lease.stream(), why);
        finish();
        var unused = cache.giveBack(lease, new End.Lost());
      }
    }

    private void finish() {
      finished = true;
      context.vertx().cancelTimer(renewal);
    }
  }
}
