package platform.deepseek.cache.http;

import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import platform.deepseek.cache.answer.AnswerCache;
import platform.deepseek.cache.error.BadRequest;
import platform.deepseek.cache.lease.Lease;
import platform.deepseek.cache.lease.LeaseToken;
import platform.deepseek.cache.stream.End;

/** What is done under a lease: handing an answer in, prolonging the lease, giving it back. */
public final class LeaseRoutes {

  static final String HEADER = "x-deepseek-lease";
  private static final int MOST_BYTES = 16 << 20;
  private static final int LONGEST_TOKEN = 4_096;

  private final AnswerCache cache;
  private final LeaseToken tokens;

  public LeaseRoutes(AnswerCache cache, LeaseToken tokens) {
    this.cache = cache;
    this.tokens = tokens;
  }

  Handler<RoutingContext> store() {
    return context -> {
      Optional<Lease> lease = lease(context);
      BodyReader.read(context, MOST_BYTES, body -> store(context, lease, body));
    };
  }

  private void store(RoutingContext context, Optional<Lease> lease, Buffer body) {
    Lease held = require(lease, context.pathParam("name"));
    EntryBody entry = EntryBody.parse(body.getBytes());
    finish(context, cache.store(held, entry.json(), entry.computeMillis()));
  }

  Handler<RoutingContext> renew() {
    return context -> guarded(context, lease -> finish(context, cache.renew(lease)));
  }

  Handler<RoutingContext> release() {
    return context ->
        guarded(
            context,
            lease ->
                Completion.of(
                    context,
                    cache.giveBack(lease, new End.Lost()),
                    held -> Replies.done(context.response())));
  }

  private interface Work {
    void with(Lease lease);
  }

  private void guarded(RoutingContext context, Work work) {
    try {
      work.with(require(lease(context), context.pathParam("name")));
    } catch (BadRequest failure) {
      Replies.fail(context.response(), failure);
    }
  }

  private static void finish(RoutingContext context, CompletableFuture<Boolean> done) {
    Completion.of(
        context,
        done,
        held -> {
          if (held) {
            Replies.done(context.response());
          } else {
            Replies.fail(context.response(), BadRequest.leaseLost());
          }
        });
  }

  Optional<Lease> lease(RoutingContext context) {
    String token = context.request().getHeader(HEADER);
    return token == null || token.length() > LONGEST_TOKEN ? Optional.empty() : tokens.open(token);
  }

  private static Lease require(Optional<Lease> lease, String key) {
    return lease
        .filter(one -> one.address().key().toString().equals(key))
        .orElseThrow(
            () ->
                BadRequest.invalid(
                    HEADER, "it is not the lease that the lookup of this key gave."));
  }
}
