package platform.deepseek.inference.runner;

import java.util.List;

/** Attention whose blocks take pieces of prompts in tiles of some size. */
sealed interface TiledAttention extends RowOperators, AutoCloseable
    permits CudaAttention, CudaLatentAttention {

  /** Cuts the pieces of prompts of a batch into tiles, one for each block of the kernel. */
  void cut(List<PromptTile> pieces, CudaBatch batch);

  /** Tiles that so many rows in so many pieces have at most. */
  int maxTiles(int rows, int pieces);

  @Override
  void close();
}
