package platform.deepseek.inference.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.cuda.Grid;
import platform.deepseek.inference.runner.AttentionKernels.Cache;
import platform.deepseek.inference.runner.AttentionKernels.Preparation;
import platform.deepseek.inference.runner.reference.AttentionReference;

/**
 * What each kernel is asked for reaches it in its order, and the references, which say what kernels
 * mean, agree with attention as the literature writes it, in float64 and without a cache.
 */
class AttentionKernelsTest {

  private static final Offset<Double> CLOSE = within(1e-5);
  private static final AttentionHeads HEADS = new AttentionHeads(6, 2, 16);

  /** Elements of a row of queries, keys and values side by side. */
  private static final int FUSED_WIDTH = (HEADS.heads() + 2 * HEADS.kvHeads()) * HEADS.headDim();

  private static final int LAYERS = 3;
  private static final int LAYER = 1;
  private static final int SLOTS = 3;
  private static final int CONTEXT = 60;
  private static final double EPSILON = 1e-3;

  private final Random random = new Random(17);
  private final HostDevice device = AttentionReference.on(new HostDevice());
  private final DeviceArrays arrays = new DeviceArrays(device);
  private final AttentionKernels kernels =
      new AttentionKernels(device, CudaPrecision.FP32, HEADS, 8);
  private final int dim = HEADS.headDim();
  private final long tileStride = LAYERS * 2L * HEADS.kvHeads() * 16 * dim * Float.BYTES;
  private final long slotStride = 5 * tileStride;
  private final Cache cache =
      new Cache(arrays.reals((int) (SLOTS * slotStride / Float.BYTES)), slotStride, tileStride);
  private final float[] cosines = reals(CONTEXT * dim / 2);
  private final float[] sines = reals(CONTEXT * dim / 2);

  @AfterEach
  void everythingIsGivenBack() {
    kernels.close();
    arrays.close();
    assertThat(device.open()).isZero();
    assertThat(device.allocations()).isZero();
  }

  @Test
  void aPromptInPiecesAndThenSingleTokensAttendToAllBefore() {
    Rows rows = new Rows(51);
    float[] wanted = rows.attention();
    float[] out = new float[51 * HEADS.heads() * dim];

    // 23 tokens, 20 more behind them, and eight that come one by one.
    promptRows(rows, 0, 23, out);
    promptRows(rows, 23, 20, out);
    for (int token = 43; token < 51; token++) {
      decodeRow(rows, token, out);
    }

    assertClose(out, wanted);
  }

  @Test
  void rowsOfOneStepBelongToTheirOwnSlots() {
    int[] lengths = {18, 1, 33};
    Rows[] sequences = new Rows[lengths.length];
    float[][] outs = new float[lengths.length][];
    for (int slot = 0; slot < lengths.length; slot++) {
      sequences[slot] = new Rows(lengths[slot], slot);
      outs[slot] = new float[lengths[slot] * HEADS.heads() * dim];
      if (lengths[slot] > 1) {
        promptRows(sequences[slot], 0, lengths[slot] - 1, outs[slot]);
      }
    }
    float[] fused = new float[0];
    for (int slot : new int[] {2, 0, 1}) {
      fused = joined(fused, sequences[slot].fused(lengths[slot] - 1, 1));
    }

    float[] out = decode(fused, new int[] {2, 0, 1}, new int[] {32, 17, 0});

    int width = HEADS.heads() * dim;
    int at = 0;
    for (int slot : new int[] {2, 0, 1}) {
      float[] wanted = sequences[slot].attention();
      assertClose(
          Arrays.copyOfRange(out, at, at += width),
          Arrays.copyOfRange(wanted, wanted.length - width, wanted.length));
    }
  }

  @Test
  void keysAndValuesLieWhereTheLayoutSays() {
    float[] fused = reals(FUSED_WIDTH);
    long queries = arrays.reals(HEADS.heads() * dim);

    append(queries, fused, new int[] {2}, new int[] {37}, Preparation.NONE);

    int value = (HEADS.heads() + HEADS.kvHeads() + 1) * dim;
    long at =
        cache.base()
            + 2 * slotStride
            + 2 * tileStride
            + (((LAYER * 2L + 1) * HEADS.kvHeads() + 1) * 16 + 5) * dim * Float.BYTES;
    assertThat(arrays.reals(at, dim))
        .containsExactly(Arrays.copyOfRange(fused, value, value + dim));
    float[] all = arrays.reals(cache.base(), (int) (SLOTS * slotStride / Float.BYTES));
    int written = 0;
    for (float number : all) {
      written += Float.isNaN(number) ? 0 : 1;
    }
    assertThat(written).isEqualTo(2 * HEADS.kvHeads() * dim);
  }

  @Test
  void biasAndNormsComeBeforeTheRotation() {
    float[] fused = reals(FUSED_WIDTH);
    float[] bias = reals(FUSED_WIDTH);
    float[] gamma = reals(dim);
    long queries = arrays.reals(HEADS.heads() * dim);

    append(
        queries,
        fused,
        new int[] {0},
        new int[] {9},
        new Preparation(arrays.of(bias), arrays.of(gamma), arrays.of(gamma), EPSILON));

    float[] turned = arrays.reals(queries, HEADS.heads() * dim);
    for (int head = 0; head < HEADS.heads(); head++) {
      double[] x = new double[dim];
      double squares = 0;
      for (int i = 0; i < dim; i++) {
        x[i] = fused[head * dim + i] + bias[head * dim + i];
        squares += x[i] * x[i];
      }
      for (int i = 0; i < dim; i++) {
        x[i] *= gamma[i] / Math.sqrt(squares / dim + EPSILON);
      }
      for (int i = 0; i < dim / 2; i++) {
        double cosine = cosines[9 * dim / 2 + i];
        double sine = sines[9 * dim / 2 + i];
        double low = x[i] * cosine - x[dim / 2 + i] * sine;
        double high = x[dim / 2 + i] * cosine + x[i] * sine;
        assertThat((double) turned[head * dim + i]).isCloseTo(low, CLOSE);
        assertThat((double) turned[head * dim + dim / 2 + i]).isCloseTo(high, CLOSE);
      }
    }
  }

  @Test
  void aTileHoldsAsManyTokensAsTheGroupLeavesRowsFor() {
    try (AttentionKernels qwen =
        new AttentionKernels(device, CudaPrecision.FP32, new AttentionHeads(12, 2, 128), 1)) {
      assertThat(qwen.tileTokens(false)).isEqualTo(21);
      assertThat(qwen.tileTokens(true)).isEqualTo(10);
      assertThat(qwen.fineTiles(21)).isFalse();
    }
    try (AttentionKernels wide =
        new AttentionKernels(device, CudaPrecision.FP32, new AttentionHeads(8, 8, 256), 1)) {
      assertThat(wide.tileTokens(false)).isEqualTo(64);
    }
    assertThat(kernels.tileTokens(false)).isEqualTo(64 / 3);
  }

  @Test
  void hopperHasAKernelOfItsOwnForLongPromptsAndFewTokensStayFine() {
    HostDevice hopper = AttentionReference.on(new HostDevice()).computeCapability(90);
    AttentionHeads qwen = new AttentionHeads(12, 2, 128);

    assertThat(PromptShape.full(qwen, 90).kernel()).isEqualTo("attention_hopper_");
    assertThat(PromptShape.full(qwen, 80).kernel()).isEqualTo("attention_prompt_");
    assertThat(PromptShape.full(qwen, 100).kernel()).isEqualTo("attention_prompt_");
    assertThat(PromptShape.full(new AttentionHeads(8, 8, 96), 90).rows()).isEqualTo(128);
    assertThat(PromptShape.full(new AttentionHeads(8, 8, 256), 90).rows()).isEqualTo(64);
    assertThat(PromptShape.full(qwen, 90).grid(qwen, 3))
        .isEqualTo(new Grid(2, 3, 1, 256, 160 * 1024));
    try (AttentionKernels some = new AttentionKernels(hopper, CudaPrecision.FP32, qwen, 1)) {
      assertThat(some.tileTokens(false)).isEqualTo(21);
      assertThat(hopper.open()).isEqualTo(4);
    }
    assertThat(hopper.open()).isZero();
    assertThat(hopper.allocations()).isZero();
  }

  @Test
  void whatTheKernelsHoldIsKnownBefore() {
    // Three rows and 66 more parts; for each its plan, and two blocks with results of eight heads.
    assertThat(AttentionKernels.bytes(HEADS, 132, 3))
        .isEqualTo(69 * 32 + 69 * 2 * 8 * 18 * Float.BYTES + 3 * 2 * Integer.BYTES);
  }

  @Test
  void headsWithoutAKernelAreRefusedWithWhatThereIs() {
    assertThatThrownBy(() -> new AttentionHeads(4, 4, 80))
        .hasMessage(
            "heads of 80 channels; on a GPU they can have [16, 32, 64, 96, 128, 256], so run this"
                + " model with DEVICE=cpu");
    assertThatThrownBy(() -> new AttentionHeads(64, 2, 64))
        .hasMessage(
            "64 heads on 2 key and value heads; on a GPU 1 to 16 can share one, so run this model"
                + " with DEVICE=cpu");
  }

  @Test
  void moreRowsThanThereIsRoomForAreRefused() {
    assertThatThrownBy(() -> kernels.decode(0, 0, cache, LAYER, 9))
        .hasMessage("9 rows; there is room to attend for 8");
    assertThatThrownBy(() -> new AttentionKernels(device, CudaPrecision.FP32, HEADS, 1025))
        .hasMessage(
            "1,025 single tokens in a step; a GPU's step has at most 1,024, so lower MAX_BATCH_SIZE");
  }

  private void promptRows(Rows rows, int first, int count, float[] out) {
    int width = HEADS.heads() * dim;
    long queries = arrays.reals(count * width);
    long results = arrays.reals(count * width);
    int[] slots = new int[count];
    int[] positions = new int[count];
    for (int i = 0; i < count; i++) {
      slots[i] = rows.slot;
      positions[i] = first + i;
    }
    append(queries, rows.fused(first, count), slots, positions, Preparation.NONE);
    List<PromptTile> tiles =
        PromptTile.cut(
            List.of(new PromptTile(0, count, rows.slot, first)), kernels.tileTokens(true));
    int[] written = new int[4 * tiles.size()];
    for (int i = 0; i < tiles.size(); i++) {
      tiles.get(i).write(MemorySegment.ofArray(written), i);
    }
    kernels.prompt(results, queries, cache, LAYER, arrays.of(written), tiles.size(), true);
    System.arraycopy(arrays.reals(results, count * width), 0, out, first * width, count * width);
  }

  private void decodeRow(Rows rows, int token, float[] out) {
    float[] result = decode(rows.fused(token, 1), new int[] {rows.slot}, new int[] {token});
    System.arraycopy(result, 0, out, token * result.length, result.length);
  }

  private float[] decode(float[] fused, int[] slots, int[] positions) {
    int size = slots.length * HEADS.heads() * dim;
    long queries = arrays.reals(size);
    long out = arrays.reals(size);
    append(queries, fused, slots, positions, Preparation.NONE);
    kernels.plan(arrays.of(slots), arrays.of(positions), slots.length);
    kernels.decode(out, queries, cache, LAYER, slots.length);
    return arrays.reals(out, size);
  }

  private void append(
      long queries, float[] fused, int[] slots, int[] positions, Preparation preparation) {
    kernels.append(
        queries,
        arrays.of(fused),
        preparation,
        arrays.of(cosines),
        arrays.of(sines),
        cache,
        LAYER,
        arrays.of(slots),
        arrays.of(positions),
        slots.length);
  }

  private float[] reals(int count) {
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = (float) random.nextGaussian();
    }
    return numbers;
  }

  private static float[] joined(float[] first, float[] second) {
    float[] all = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, all, first.length, second.length);
    return all;
  }

  private static void assertClose(float[] found, float[] wanted) {
    assertThat(found).hasSameSizeAs(wanted);
    for (int i = 0; i < found.length; i++) {
      assertThat((double) found[i]).as("element %d", i).isCloseTo(wanted[i], CLOSE);
    }
  }

  /** A sequence's rows of queries, keys and values before the rotation. */
  private final class Rows {

    private final int count;
    private final int slot;
    private final float[] values;

    Rows(int count) {
      this(count, 1);
    }

    Rows(int count, int slot) {
      this.count = count;
      this.slot = slot;
      this.values = reals(count * FUSED_WIDTH);
    }

    float[] fused(int first, int rows) {
      int width = FUSED_WIDTH;
      return Arrays.copyOfRange(values, first * width, (first + rows) * width);
    }

    /** Causal attention of the whole sequence: softmax(q k' / sqrt(headDim)) v, in double. */
    float[] attention() {
      float[] out = new float[count * HEADS.heads() * dim];
      for (int row = 0; row < count; row++) {
        for (int head = 0; head < HEADS.heads(); head++) {
          int kvHead = head / HEADS.group();
          double[] query = turned(row, head);
          double[] weights = new double[row + 1];
          double total = 0;
          for (int p = 0; p <= row; p++) {
            double[] key = turned(p, HEADS.heads() + kvHead);
            double score = 0;
            for (int d = 0; d < dim; d++) {
              score += query[d] * key[d];
            }
            weights[p] = Math.exp(score / Math.sqrt(dim));
            total += weights[p];
          }
          for (int d = 0; d < dim; d++) {
            double sum = 0;
            for (int p = 0; p <= row; p++) {
              sum += weights[p] * at(p, HEADS.heads() + HEADS.kvHeads() + kvHead, d);
            }
            out[(row * HEADS.heads() + head) * dim + d] = (float) (sum / total);
          }
        }
      }
      return out;
    }

    private double[] turned(int position, int head) {
      double[] result = new double[dim];
      int half = dim / 2;
      for (int i = 0; i < half; i++) {
        double cosine = cosines[position * half + i];
        double sine = sines[position * half + i];
        result[i] = at(position, head, i) * cosine - at(position, head, half + i) * sine;
        result[half + i] = at(position, head, half + i) * cosine + at(position, head, i) * sine;
      }
      return result;
    }

    private double at(int row, int head, int channel) {
      return values[row * FUSED_WIDTH + head * dim + channel];
    }
  }
}
