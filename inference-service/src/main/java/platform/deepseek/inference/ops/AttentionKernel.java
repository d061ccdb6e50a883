package platform.deepseek.inference.ops;

import static platform.deepseek.inference.ops.Assembler.Reg.R8;
import static platform.deepseek.inference.ops.Assembler.Reg.R9;
import static platform.deepseek.inference.ops.Assembler.Reg.RAX;
import static platform.deepseek.inference.ops.Assembler.Reg.RCX;
import static platform.deepseek.inference.ops.Assembler.Reg.RDI;
import static platform.deepseek.inference.ops.Assembler.Reg.RDX;
import static platform.deepseek.inference.ops.Assembler.Reg.RSI;
import static platform.deepseek.inference.ops.Assembler.at;

import platform.deepseek.inference.ops.Assembler.Label;

/**
 * The two products of attention as AVX2 machine code, for one head size and one width of the score
 * buffer.
 *
 * <p>Keys lie in blocks of 16 positions, transposed (see {@link KvCache}), so a score needs no sum
 * across a register: each lane is a position. Up to {@link #QUERIES} queries that share keys and
 * values (the heads of a group, neighbouring positions of a prompt) are computed together, so that
 * each key and value is loaded once for all of them. A query's arithmetic is the same sequence of
 * fused multiply-adds in whatever company it is computed.
 *
 * <p>Keys and values of a long sequence come from memory. What is needed a few kilobytes later is
 * asked for ahead: the processor's own prefetching stops at every page, which is every block.
 */
final class AttentionKernel {

  /** Queries that fit the registers: two accumulators each. */
  static final int QUERIES = 6;

  /** Keys of a block, and values of a stretch: two registers of 8. */
  static final int BLOCK = 16;

  /** Positions whose values are weighed in one call. */
  static final int POSITIONS = 32;

  private static final int CACHE_LINE = 64;
  private static final int FIRST = 12;
  private static final int SECOND = 13;
  private static final int BROADCAST = 14;

  private final int headSize;
  private final int scoreStride;
  private final int valueStride;

  /**
   * @param headSize a multiple of 16
   * @param scoreStride bytes from one query's scores to the next one's
   * @param valueStride bytes from one position's value to the next one's
   */
  AttentionKernel(int headSize, int scoreStride, int valueStride) {
    this.headSize = headSize;
    this.scoreStride = scoreStride;
    this.valueStride = valueStride;
  }

  /**
   * {@code void scores(queries, keys, scores, blocks)}: for each query (headSize floats each, one
   * after the other) its products with 16 * blocks keys.
   */
  byte[] scores(int queries) {
    Assembler code = new Assembler();
    int blockBytes = BLOCK * headSize * Float.BYTES;
    Label nextBlock = new Label();
    Label nextDimension = new Label();
    code.bind(nextBlock);
    for (int register = 0; register < 2 * queries; register++) {
      code.vxorps(register, register, register);
    }
    code.move(R8, RDI);
    code.lea(RAX, at(RDI, headSize * Float.BYTES));
    code.bind(nextDimension);
    for (int unrolled = 0; unrolled < 2; unrolled++) {
      code.vmovups(FIRST, at(RSI, 64 * unrolled));
      code.vmovups(SECOND, at(RSI, 64 * unrolled + 32));
      for (int query = 0; query < queries; query++) {
        code.vbroadcastss(BROADCAST, at(R8, query * headSize * Float.BYTES + 4 * unrolled));
        code.vfmadd231ps(2 * query, BROADCAST, FIRST);
        code.vfmadd231ps(2 * query + 1, BROADCAST, SECOND);
      }
    }
    code.prefetch(at(RSI, blockBytes));
    code.prefetch(at(RSI, blockBytes + CACHE_LINE));
    code.add(RSI, 2 * CACHE_LINE);
    code.add(R8, 8);
    code.compare(R8, RAX);
    code.jumpIfLess(nextDimension);
    for (int query = 0; query < queries; query++) {
      code.vmovups(at(RDX, query * scoreStride), 2 * query);
      code.vmovups(at(RDX, query * scoreStride + 32), 2 * query + 1);
    }
    code.add(RDX, BLOCK * Float.BYTES);
    code.add(RCX, -1);
    code.jumpIfNotZero(nextBlock);
    code.vzeroupper();
    code.ret();
    return code.assemble();
  }

  /**
   * {@code void weigh(weights, values, output, positions)}: for each query adds its weights (laid
   * out like scores) times the values to the output, headSize floats per query. The values are
   * walked once for each 16 of their dimensions, so the caller gives {@link #POSITIONS} at a time:
   * as many as stay in the nearest cache meanwhile.
   */
  byte[] weigh(int queries) {
    Assembler code = new Assembler();
    for (int first = 0; first < headSize; first += BLOCK) {
      int offset = first * Float.BYTES;
      for (int query = 0; query < queries; query++) {
        int row = query * headSize * Float.BYTES + offset;
        code.vmovups(2 * query, at(RDX, row));
        code.vmovups(2 * query + 1, at(RDX, row + 32));
      }
      code.move(R8, RDI);
      code.move(R9, RSI);
      code.move(RAX, RCX);
      Label nextPosition = new Label();
      code.bind(nextPosition);
      code.vmovups(FIRST, at(R9, offset));
      code.vmovups(SECOND, at(R9, offset + 32));
      for (int query = 0; query < queries; query++) {
        code.vbroadcastss(BROADCAST, at(R8, query * scoreStride));
        code.vfmadd231ps(2 * query, BROADCAST, FIRST);
        code.vfmadd231ps(2 * query + 1, BROADCAST, SECOND);
      }
      if (first == 0) {
        for (int line = 0; line < headSize * Float.BYTES; line += CACHE_LINE) {
          code.prefetch(at(R9, POSITIONS * valueStride + line));
        }
      }
      code.add(R9, valueStride);
      code.add(R8, Float.BYTES);
      code.add(RAX, -1);
      code.jumpIfNotZero(nextPosition);
      for (int query = 0; query < queries; query++) {
        int row = query * headSize * Float.BYTES + offset;
        code.vmovups(at(RDX, row), 2 * query);
        code.vmovups(at(RDX, row + 32), 2 * query + 1);
      }
    }
    code.vzeroupper();
    code.ret();
    return code.assemble();
  }
}
