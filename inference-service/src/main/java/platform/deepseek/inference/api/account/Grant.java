package platform.deepseek.inference.api.account;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.util.Map;
import platform.deepseek.inference.engine.Share;

/** Leave to answer one request. It is settled once; what is told later changes nothing. */
public interface Grant {

  /** Where nothing is charged and everybody is the same. */
  Grant FREE =
      new Grant() {
        @Override
        public long maxTokens() {
          return Long.MAX_VALUE;
        }

        @Override
        public String cacheSalt() {
          return "";
        }

        @Override
        public Share share() {
          return Share.EQUAL;
        }

        @Override
        public Map<String, String> headers() {
          return Map.of();
        }

        @Override
        public Future<Void> hold(Buffer request) {
          return Future.succeededFuture();
        }

        @Override
        public void settle(Consumption used, Outcome outcome) {}
      };

  /** Tokens that may be generated over all choices: generation stops there. */
  long maxTokens();

  /** Computed prefixes are shared among requests that have it in common. */
  String cacheSalt();

  /** Its place among those who wait. */
  Share share();

  /** What the client is told of its limits. */
  Map<String, String> headers();

  /**
   * Hands the request over to the tenant's audit, where the tenant wants that; done at once where
   * it does not. Before that it must not be answered.
   *
   * @param request its body
   * @return fails with an {@link platform.deepseek.inference.api.error.ApiException}
   */
  Future<Void> hold(Buffer request);

  /** Says what was used; returns at once. */
  void settle(Consumption used, Outcome outcome);
}
