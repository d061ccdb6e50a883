package platform.deepseek.cache.semantic;

import dev.langchain4j.model.embedding.onnx.allminilml6v2q.AllMiniLmL6V2QuantizedEmbeddingModel;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** all-MiniLM-L6-v2 with weights of 8 bits, in this process, through LangChain4j: 384 numbers. */
public final class MiniLm implements Embedder {

  /** ONNX Runtime matches the command line with a regular expression that recurses per letter. */
  private static final long DEEP_STACK_BYTES = 64L << 20;

  private final AllMiniLmL6V2QuantizedEmbeddingModel model;

  private MiniLm(AllMiniLmL6V2QuantizedEmbeddingModel model) {
    this.model = model;
  }

  /** Takes about a second. */
  public static MiniLm load() {
    var task = new FutureTask<>(() -> new AllMiniLmL6V2QuantizedEmbeddingModel(Runnable::run));
    new Thread(null, task, "all-minilm-start", DEEP_STACK_BYTES).start();
    try {
      return new MiniLm(task.get());
    } catch (ExecutionException e) {
      throw new IllegalStateException(
          "deepseek.cache.semantic.enabled=true, and its model cannot be loaded: see the cause, or"
              + " set it to false",
          e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while all-MiniLM-L6-v2 was loaded", e);
    }
  }

  @Override
  public float[] embed(String text) {
    return model.embed(text).content().vector();
  }
}
