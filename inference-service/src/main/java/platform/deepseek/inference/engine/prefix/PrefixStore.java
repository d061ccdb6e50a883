package platform.deepseek.inference.engine.prefix;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Keeps blocks of computed prefixes outside of the engine (a KV connector, as vLLM calls it). No
 * call blocks, and every future completes within a time that the store bounds by itself: an engine
 * has no clock for it. Thread safe.
 */
public interface PrefixStore {

  /** Whether asking makes sense: false while it does not answer. */
  boolean isAvailable();

  /**
   * How many blocks of a list, from its first on, are there without a gap; may be too many. Fails
   * when there is no answer within the store's patience.
   */
  CompletableFuture<Integer> lookup(String tenant, List<BlockName> names);

  /**
   * Brings blocks, one after the other and in their order, to a receiver on a thread of the store.
   * The transfer ends when all have come, at the first one that is not there, or when the time is
   * over.
   *
   * @param blockBytes of each block; one of another length ends the transfer
   * @param receiver gets their bytes in pieces that are cut anywhere, and are the store's again
   *     when it returns
   */
  Transfer fetch(
      String tenant,
      List<BlockName> names,
      int blockBytes,
      Duration within,
      Consumer<ByteBuffer> receiver);

  /** Blocks on their way. */
  interface Transfer {

    /** Completes when no more comes; fails where that is not because there are no more. */
    CompletableFuture<Void> end();

    /** Ends it; a block may still come. */
    void cancel();
  }

  /** Whether {@link #store} takes so many bytes now. */
  boolean hasRoom(int bytes);

  /** Takes a block over. Completes, with whether it is kept, when that is known. */
  CompletableFuture<Boolean> store(String tenant, BlockName name, byte[] block);
}
