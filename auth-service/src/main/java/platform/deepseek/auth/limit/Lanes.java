package platform.deepseek.auth.limit;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * One connection to Redis for each event loop, that stays: requests follow one another without
 * waiting for answers, and none goes to the pool and back. Whatever runs elsewhere uses the pool.
 */
final class Lanes {

  private final Redis redis;
  private final ConcurrentMap<Thread, Lane> lanes = new ConcurrentHashMap<>();

  Lanes(Redis redis) {
    this.redis = redis;
  }

  Future<Response> send(Request request) {
    return Context.isOnEventLoopThread()
        ? lanes.computeIfAbsent(Thread.currentThread(), loop -> new Lane()).send(request)
        : redis.send(request);
  }

  /** Gives up all connections: one of them says nothing any more. */
  void reset() {
    lanes.values().forEach(Lane::giveUp);
  }

  private final class Lane {
    private volatile Future<RedisConnection> connection;

    Future<Response> send(Request request) {
      Future<RedisConnection> current = connection;
      if (current == null || current.failed()) {
        current = connect();
      }
      return current.succeeded()
          ? current.result().send(request)
          : current.compose(open -> open.send(request));
    }

    private Future<RedisConnection> connect() {
      Future<RedisConnection> fresh = redis.connect();
      connection = fresh;
      return fresh.onSuccess(
          open -> open.exceptionHandler(failure -> giveUp(fresh)).endHandler(end -> giveUp(fresh)));
    }

    void giveUp() {
      Future<RedisConnection> current = connection;
      if (current != null) {
        giveUp(current);
      }
    }

    private void giveUp(Future<RedisConnection> old) {
      if (connection == old) {
        connection = null;
        old.onSuccess(RedisConnection::close);
      }
    }
  }
}
