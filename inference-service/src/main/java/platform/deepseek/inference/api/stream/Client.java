package platform.deepseek.inference.api.stream;

import io.vertx.core.Context;
import io.vertx.core.http.HttpServerResponse;

/**
 * Who waits for an answer.
 *
 * @param context of the connection
 * @param cacheControl what was said about answers that are kept
 */
public record Client(HttpServerResponse response, Context context, CacheControl cacheControl) {}
