package platform.deepseek.inference.api.embeddings;

import io.vertx.core.Context;
import java.util.List;
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

    /**
     * Starts; to be called on the connection's event loop, where the listener hears of the end.
     *
     * @return to be run there when nobody waits any more
     */
    Runnable start(Context context, Listener listener);
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
