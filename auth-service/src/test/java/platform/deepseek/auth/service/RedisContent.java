package platform.deepseek.auth.service;

import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;

/** Every key of a Redis and what it holds, as one text. */
final class RedisContent {

  private RedisContent() {}

  static String of(String address) {
    Vertx vertx = Vertx.vertx();
    try {
      Redis redis = Redis.createClient(vertx, address);
      StringBuilder everything = new StringBuilder();
      for (Response key : send(redis, Request.cmd(Command.KEYS).arg("*"))) {
        String name = key.toString();
        everything.append(name).append(' ').append(value(redis, name)).append('\n');
      }
      redis.close();
      return everything.toString();
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().join();
    }
  }

  private static Response value(Redis redis, String key) {
    return switch (send(redis, Request.cmd(Command.TYPE).arg(key)).toString()) {
      case "string" -> send(redis, Request.cmd(Command.GET).arg(key));
      case "hash" -> send(redis, Request.cmd(Command.HGETALL).arg(key));
      case "list" -> send(redis, Request.cmd(Command.LRANGE).arg(key).arg(0).arg(-1));
      case "set" -> send(redis, Request.cmd(Command.SMEMBERS).arg(key));
      case "zset" -> send(redis, Request.cmd(Command.ZRANGE).arg(key).arg(0).arg(-1));
      default -> null; // gone meanwhile
    };
  }

  private static Response send(Redis redis, Request request) {
    return redis.send(request).toCompletionStage().toCompletableFuture().join();
  }
}
