package platform.deepseek.auth.limit;

import io.smallrye.common.vertx.VertxContext;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Supplier;

/**
 * One connection to Redis for each event loop, that stays: requests follow one another without
 * waiting for answers, none goes to the pool and back, and none changes its thread. Vert.x binds
 * all connections of a client to the event loop that made it, so each loop makes its own client; a
 * request that is handed to another loop and back costs more than everything else in a decision.
 * Whatever runs elsewhere shares one client and its pool.
 */
final class Lanes {

  private final Supplier<Redis> clients;
  private final Redis elsewhere;
  private final ConcurrentMap<Thread, Lane> lanes = new ConcurrentHashMap<>();

  /**
   * @param clients makes one that lives on the event loop it is called on
   */
  Lanes(Supplier<Redis> clients) {
    this.clients = clients;
    this.elsewhere = clients.get();
  }

  Future<Response> send(Request request) {
    return Context.isOnEventLoopThread()
        ? lanes.computeIfAbsent(Thread.currentThread(), loop -> new Lane()).send(request)
        : elsewhere.send(request);
  }

  /** Gives up all connections: one of them says nothing any more. */
  void reset() {
    lanes.values().forEach(Lane::giveUp);
  }

  private record Link(Redis client, RedisConnection connection) {}

  private final class Lane {
    private volatile Future<Link> link;

    Future<Response> send(Request request) {
      Future<Link> current = link;
      if (current == null || current.failed()) {
        current = connect();
      }
      return current.succeeded()
          ? current.result().connection().send(request)
          : current.compose(open -> open.connection().send(request));
    }

    private Future<Link> connect() {
      Promise<Link> opening = Promise.promise();
      Future<Link> fresh = opening.future();
      link = fresh;
      // Not in the context of the request that came first: a connection outlives it.
      VertxContext.getRootContext(Vertx.currentContext())
          .runOnContext(
              run -> {
                Redis client = clients.get();
                client
                    .connect()
                    .onFailure(failure -> client.close())
                    .map(connection -> new Link(client, connection))
                    .onComplete(opening);
              });
      return fresh.onSuccess(
          open ->
              open.connection()
                  .exceptionHandler(failure -> giveUp(fresh))
                  .endHandler(end -> giveUp(fresh)));
    }

    void giveUp() {
      Future<Link> current = link;
      if (current != null) {
        giveUp(current);
      }
    }

    private void giveUp(Future<Link> old) {
      if (link == old) {
        link = null;
        old.onSuccess(open -> open.client().close());
      }
    }
  }
}
