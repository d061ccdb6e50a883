package platform.deepseek.inference.runner;

import platform.deepseek.inference.model.LatentAttention;
import platform.deepseek.inference.model.ModelConfig;

/**
 * Where keys and values lie: a slot is tiles of 16 positions one behind the other, and a tile has
 * for each layer, for keys and then values, for each head its 16 vectors. So a slot's memory grows
 * with its tokens, and a prefix is one stretch of bytes.
 *
 * <pre>
 *   address(slot, position, layer, part, head) = base + slot * slotStride
 *     + position / 16 * tileStride
 *     + (((layer * 2 + part) * kvHeads + head) * 16 + position % 16) * vectorBytes
 * </pre>
 *
 * With latent attention a layer has one vector a position, the latent with the turned part of the
 * key, and the factor of 16 is the layer.
 *
 * @param rows vectors of one position: layers * 2 * kvHeads, or layers
 * @param vectorBytes of one head's key or value, or of a latent
 * @param pageBytes the unit in which memory is mapped
 * @param slotPages pages of a slot's reserved addresses
 */
record KvLayout(long rows, long vectorBytes, long pageBytes, int slotPages) {

  /** Positions of a tile. */
  static final int TILE = 16;

  /**
   * @param context tokens that a slot holds; there is room for one more, which a step may write
   *     that was queued before its sequence ended
   */
  static KvLayout of(ModelConfig config, CudaPrecision precision, int context, long pageBytes) {
    long rows = rows(config);
    long vectorBytes = vectorBytes(config, precision);
    long tiles = Math.ceilDiv(context + 1L, TILE);
    long pages = Math.ceilDiv(tiles * TILE * rows * vectorBytes, pageBytes);
    return new KvLayout(rows, vectorBytes, pageBytes, Math.toIntExact(pages));
  }

  /** Bytes of a token's keys and values in such a model. */
  static long tokenBytes(ModelConfig config, CudaPrecision precision) {
    return rows(config) * vectorBytes(config, precision);
  }

  private static long rows(ModelConfig config) {
    return config.latent().isPresent() ? config.layers() : 2L * config.layers() * config.kvHeads();
  }

  private static long vectorBytes(ModelConfig config, CudaPrecision precision) {
    long values = config.latent().map(LatentAttention::cachedValues).orElse(config.headDim());
    return values * precision.bytes();
  }

  /** Bytes of a token's keys and values. */
  long tokenBytes() {
    return rows * vectorBytes;
  }

  /** Bytes from one tile to the next. */
  long tileStride() {
    return TILE * tokenBytes();
  }

  /** Bytes from one slot to the next. */
  long slotStride() {
    return slotPages * pageBytes;
  }

  /** Bytes from a slot's beginning to the end of the tile in which so many tokens end. */
  long tiledBytes(int tokens) {
    return Math.ceilDiv(tokens, TILE) * tileStride();
  }

  /** Pages behind which so many tokens' tiles lie. */
  int pages(int tokens) {
    return Math.toIntExact(Math.ceilDiv(tiledBytes(tokens), pageBytes));
  }
}
