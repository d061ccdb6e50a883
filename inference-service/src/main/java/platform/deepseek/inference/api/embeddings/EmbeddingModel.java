package platform.deepseek.inference.api.embeddings;

import io.vertx.core.Context;
import java.util.List;
import platform.deepseek.inference.api.account.Grant;
import platform.deepseek.inference.api.error.ApiException;

/** Makes vectors of texts, under a name of its own. */
interface EmbeddingModel {

  /** The name clients ask for. */
  String id();

  /** When it was made, in seconds since 1970. */
  long created();

  /**
   * Checks all inputs; to be called on a worker thread.
   *
   * @throws ApiException an input is not for this model; the message names it
   */
  Work prepare(EmbeddingRequest request);

  /** Embeddings that only have to be computed. */
  interface Work {

    /** Tokens of all inputs; where they are only known afterwards, an estimate. */
    long promptTokens();

    /**
     * Starts; to be called on the connection's event loop, where the listener hears of the end.
     *
     * @param grant by which the engine takes it
     * @return to be called there when nobody waits any more
     */
    Running start(Grant grant, Context context, Listener listener);
  }

  /** Work that was begun. */
  interface Running {

    /** Ends it, and tells how many tokens were computed. */
    long cancel();
  }

  /** Hears of one of two ends, or of none when the work was cancelled. */
  interface Listener {

    /**
     * @param vectors of length 1, in the order of the inputs
     */
    void done(List<float[]> vectors, long promptTokens);

    void failed(ApiException failure);
  }
}
