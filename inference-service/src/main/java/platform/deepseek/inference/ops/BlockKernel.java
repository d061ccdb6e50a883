package platform.deepseek.inference.ops;

import static platform.deepseek.inference.ops.Assembler.Reg.R10;
import static platform.deepseek.inference.ops.Assembler.Reg.R11;
import static platform.deepseek.inference.ops.Assembler.Reg.R12;
import static platform.deepseek.inference.ops.Assembler.Reg.R13;
import static platform.deepseek.inference.ops.Assembler.Reg.R14;
import static platform.deepseek.inference.ops.Assembler.Reg.R15;
import static platform.deepseek.inference.ops.Assembler.Reg.R8;
import static platform.deepseek.inference.ops.Assembler.Reg.R9;
import static platform.deepseek.inference.ops.Assembler.Reg.RAX;
import static platform.deepseek.inference.ops.Assembler.Reg.RBP;
import static platform.deepseek.inference.ops.Assembler.Reg.RBX;
import static platform.deepseek.inference.ops.Assembler.Reg.RCX;
import static platform.deepseek.inference.ops.Assembler.Reg.RDI;
import static platform.deepseek.inference.ops.Assembler.Reg.RDX;
import static platform.deepseek.inference.ops.Assembler.Reg.RSI;
import static platform.deepseek.inference.ops.Assembler.at;

import platform.deepseek.inference.ops.Assembler.Label;
import platform.deepseek.inference.ops.Assembler.Memory;
import platform.deepseek.inference.ops.Assembler.Reg;

/**
 * The product of quantised rows with a panel-wise quantised matrix as AVX2 machine code.
 *
 * <p>For every panel of 8 columns and every tile of up to 4 rows, the code walks the blocks of 32
 * inputs. Inside a block all arithmetic is of integers and exact: with 4-bit weights a pair of
 * products is at most 2 * 15 * 127 = 3,810, eight of them 30,480, so they are added in 16 bits
 * without overflow and widened once per block. A block then adds {@code scale_w * scale_a * sum}
 * and, for INT4, {@code minimum_w * sum_a} to a float accumulator by fused multiply-adds. One row's
 * result is therefore the same sequence of operations whatever tile it falls into: rows do not
 * depend on their batch mates, bit for bit.
 *
 * <p>Per 256 multiply-adds the INT4 form takes about 23 vector instructions, a form with 8-bit
 * weights and one scale per column 24, and float32 32 at half the rate: the small blocks are the
 * fast form, not only the accurate one.
 *
 * <p>The code is a C function {@code void(Arguments*)}; {@link Arguments} gives the offsets.
 */
final class BlockKernel {

  /** Offsets, in bytes, of the 8-byte arguments; constants of 32 bytes follow at ONES and MASK. */
  static final class Arguments {
    static final int WEIGHTS = 0;
    static final int ACTIVATIONS = 8;
    static final int ACTIVATION_STRIDE = 16;
    static final int OUTPUT = 24;
    static final int OUTPUT_STRIDE = 32;

    /** Added to the output: residual (its stride) or bias (stride 0). Never null: see ZEROS. */
    static final int ADDEND = 40;

    static final int ADDEND_STRIDE = 48;
    static final int ADDEND_PANEL_STEP = 56;
    static final int BLOCKS = 64;
    static final int PANELS = 72;
    static final int ROWS = 80;
    static final int ONES = 96;
    static final int MASK = 128;
    static final int ZEROS = 160;
    static final int BYTES = 192;

    private Arguments() {}
  }

  private static final int ROWS_PER_TILE = 4;
  private static final int SCRATCH = 10;
  private static final int LOW = 8;
  private static final int HIGH = 9;
  private static final int ONES = 11;
  private static final int MASK = 12;
  private static final int SCALE = 13;
  private static final int MINIMUM = 14;
  private static final int FACTOR = 15;

  private static final Reg[] SAVED = {RBX, RBP, R12, R13, R14, R15};

  private final Assembler code = new Assembler();
  private final BlockFormat format;

  private BlockKernel(BlockFormat format) {
    this.format = format;
  }

  static byte[] assemble(BlockFormat format) {
    return new BlockKernel(format).assemble();
  }

  // RDI arguments, R8 weights of the panel, RBX panels left, R12 rows left, R10 activation stride,
  // R13 three of them, R15 first row of the tile, RSI the same moving along the blocks, R14 weights
  // moving along, RCX blocks left, RDX output of the tile, RBP addend of the tile, R9 and R11 the
  // panel's first output and addend.
  private byte[] assemble() {
    for (Reg register : SAVED) {
      code.push(register);
    }
    code.load(R8, argument(Arguments.WEIGHTS));
    code.load(RBX, argument(Arguments.PANELS));
    code.load(R9, argument(Arguments.OUTPUT));
    code.load(R11, argument(Arguments.ADDEND));
    code.load(R10, argument(Arguments.ACTIVATION_STRIDE));
    code.lea(R13, at(R10, R10, 2, 0));
    code.vmovdqu(ONES, argument(Arguments.ONES));
    code.vmovdqu(MASK, argument(Arguments.MASK));

    Label nextPanel = new Label();
    code.bind(nextPanel);
    code.load(R12, argument(Arguments.ROWS));
    code.load(R15, argument(Arguments.ACTIVATIONS));
    code.move(RDX, R9);
    code.move(RBP, R11);

    Label nextTile = new Label();
    Label panelDone = new Label();
    code.bind(nextTile);
    Label[] smaller = new Label[ROWS_PER_TILE + 1];
    for (int rows = ROWS_PER_TILE; rows >= 1; rows--) {
      smaller[rows] = new Label();
    }
    for (int rows = ROWS_PER_TILE; rows >= 1; rows--) {
      code.bind(smaller[rows]);
      code.compare(R12, rows);
      code.jumpIfLess(rows > 1 ? smaller[rows - 1] : panelDone);
      tile(rows);
      code.jump(nextTile);
    }

    code.bind(panelDone);
    // The tile's walk ended behind the panel's last block, where the next panel begins.
    code.move(R8, R14);
    code.add(R9, BlockFormat.PANEL * Float.BYTES);
    code.load(RAX, argument(Arguments.ADDEND_PANEL_STEP));
    code.add(R11, RAX);
    code.add(RBX, -1);
    code.jumpIfNotZero(nextPanel);

    code.vzeroupper();
    for (int i = SAVED.length - 1; i >= 0; i--) {
      code.pop(SAVED[i]);
    }
    code.ret();
    return code.assemble();
  }

  private void tile(int rows) {
    code.load(RCX, argument(Arguments.BLOCKS));
    code.move(R14, R8);
    code.move(RSI, R15);
    for (int row = 0; row < rows; row++) {
      code.vxorps(row, row, row);
    }
    Label nextBlock = new Label();
    code.bind(nextBlock);
    switch (format) {
      case INT4 -> blockOfInt4(rows);
      case INT8 -> blockOfInt8(rows);
    }
    code.add(R14, format.weightBytes);
    code.add(RSI, format.activationBytes);
    code.add(RCX, -1);
    code.jumpIfNotZero(nextBlock);
    store(rows);
  }

  private void blockOfInt4(int rows) {
    for (int s = 0; s < 4; s++) {
      code.vmovdqu(LOW, at(R14, 32 * s));
      code.vpsrlw(HIGH, LOW, 4);
      code.vpand(LOW, LOW, MASK);
      code.vpand(HIGH, HIGH, MASK);
      for (int row = 0; row < rows; row++) {
        multiplyBytes(row, LOW, 4 * s, s == 0);
        multiplyBytes(row, HIGH, 16 + 4 * s, false);
      }
    }
    code.vmovups(SCALE, at(R14, 128));
    code.vmovups(MINIMUM, at(R14, 160));
    for (int row = 0; row < rows; row++) {
      int sum = 4 + row;
      code.vbroadcastss(FACTOR, activation(row, format.scaleOffset()));
      code.vpmaddwd(sum, sum, ONES);
      code.vmulps(FACTOR, FACTOR, SCALE);
      code.vcvtdq2ps(sum, sum);
      code.vbroadcastss(SCRATCH, activation(row, format.scaleOffset() + 4));
      code.vfmadd231ps(row, sum, FACTOR);
      code.vfmadd231ps(row, MINIMUM, SCRATCH);
    }
  }

  private void multiplyBytes(int row, int weights, int input, boolean first) {
    code.vpbroadcastd(SCRATCH, activation(row, input));
    if (first) {
      code.vpmaddubsw(4 + row, weights, SCRATCH);
    } else {
      code.vpmaddubsw(SCRATCH, weights, SCRATCH);
      code.vpaddw(4 + row, 4 + row, SCRATCH);
    }
  }

  private void blockOfInt8(int rows) {
    for (int pair = 0; pair < 16; pair++) {
      int weights = pair % 2 == 0 ? LOW : HIGH;
      code.vpmovsxbw(weights, at(R14, 16 * pair));
      for (int row = 0; row < rows; row++) {
        code.vpbroadcastd(SCRATCH, activation(row, 4 * pair));
        if (pair == 0) {
          code.vpmaddwd(4 + row, weights, SCRATCH);
        } else {
          code.vpmaddwd(SCRATCH, weights, SCRATCH);
          code.vpaddd(4 + row, 4 + row, SCRATCH);
        }
      }
    }
    code.vmovups(SCALE, at(R14, 256));
    for (int row = 0; row < rows; row++) {
      code.vbroadcastss(FACTOR, activation(row, format.scaleOffset()));
      code.vmulps(FACTOR, FACTOR, SCALE);
      code.vcvtdq2ps(4 + row, 4 + row);
      code.vfmadd231ps(row, 4 + row, FACTOR);
    }
  }

  private void store(int rows) {
    code.load(RAX, argument(Arguments.OUTPUT_STRIDE));
    code.load(RCX, argument(Arguments.ADDEND_STRIDE));
    for (int row = 0; row < rows; row++) {
      code.vaddps(row, row, at(RBP, 0));
      code.vmovups(at(RDX, 0), row);
      code.add(RDX, RAX);
      code.add(RBP, RCX);
    }
    for (int row = 0; row < rows; row++) {
      code.add(R15, R10);
    }
    code.add(R12, -rows);
  }

  private Memory activation(int row, int displacement) {
    return switch (row) {
      case 0 -> at(RSI, displacement);
      case 1 -> at(RSI, R10, 1, displacement);
      case 2 -> at(RSI, R10, 2, displacement);
      case 3 -> at(RSI, R13, 1, displacement);
      default -> throw new IllegalArgumentException("a tile has at most 4 rows, not " + row);
    };
  }

  private static Memory argument(int offset) {
    return at(RDI, offset);
  }
}
