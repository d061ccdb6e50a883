package platform.deepseek.inference.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.ValueLayout;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.inference.cuda.CudaException;
import platform.deepseek.inference.cuda.Device;
import platform.deepseek.inference.cuda.Mark;

class SlotPagesTest {

  private static final long PAGE = HostPages.PAGE_BYTES;
  private static final int SLOTS = 4;

  /** Tiles of 3,072 bytes, so that most of them lie in two pages; 96 tokens fill 18 KiB. */
  private static final KvLayout LAYOUT = new KvLayout(6, 32, PAGE, 5);

  private static final int MOST_TOKENS = 96;

  private final HostDevice device = new HostDevice();
  private final long base = device.reserve(SLOTS * LAYOUT.slotStride());

  private SlotPages pages(long budgetPages) {
    return new SlotPages(device, LAYOUT, base, SLOTS, budgetPages * PAGE);
  }

  @Test
  void memoryFollowsTokens() {
    try (SlotPages pages = pages(100)) {
      pages.ensure(1, 16);
      assertThat(device.mappedBytes()).isEqualTo(PAGE);
      pages.ensure(1, 17);
      assertThat(device.mappedBytes()).isEqualTo(2 * PAGE);
      pages.ensure(1, 3);
      assertThat(pages.tokens(1)).isEqualTo(17);
      pages.trim(1, 16);
      pages.settle();
      assertThat(device.mappedBytes()).isEqualTo(PAGE).isEqualTo(pages.mappedBytes());
      assertThat(pages.usedBytes()).isEqualTo(16 * 192);
    }
    assertThat(device.mappedBytes()).isZero();
    assertThat(device.open()).isZero();
  }

  @Test
  void pagesStayUntilTheDeviceIsDoneWithThem() {
    try (SlotPages pages = pages(100)) {
      pages.ensure(0, 90);
      device.marksAreReached(false);
      pages.trim(0, 0);
      pages.settle();
      assertThat(device.mappedBytes()).isEqualTo(5 * PAGE);
      assertThat(pages.neededBytes()).isZero();

      device.reachMarks();
      pages.settle();
      assertThat(device.mappedBytes()).isZero();
    }
  }

  @Test
  void aSlotThatGrowsAgainTakesItsLeavingPagesBackAsZeros() {
    try (SlotPages pages = pages(5)) {
      pages.ensure(0, 40);
      pages.ensure(0, 90);
      write(0, 0, 90);
      device.marksAreReached(false);
      pages.trim(0, 10);
      pages.ensure(0, 40);
      assertThat(device.awaited()).isZero();
      assertThat(device.mappedBytes()).isEqualTo(5 * PAGE);
      requireZerosBehind(0, 10, 2);

      device.reachMarks();
      pages.settle();
      assertThat(device.mappedBytes()).isEqualTo(3 * PAGE).isEqualTo(pages.neededBytes());
    }
  }

  @Test
  void whereMemoryIsShortWhatLeavesIsAwaited() {
    try (SlotPages pages = pages(6)) {
      pages.ensure(0, 90);
      device.marksAreReached(false);
      pages.trim(0, 0);
      pages.ensure(1, 90);
      assertThat(device.awaited()).isEqualTo(1);
      assertThat(device.mappedBytes()).isEqualTo(5 * PAGE);
    }
  }

  @Test
  void whatCameTogetherStaysTogetherUntilMemoryIsShort() {
    try (SlotPages pages = pages(6)) {
      pages.ensure(0, 90);
      write(0, 0, 90);
      pages.trim(0, 20);
      pages.settle();
      assertThat(device.mappedBytes()).isEqualTo(5 * PAGE);

      pages.ensure(1, 60);
      assertThat(device.mappedBytes()).isEqualTo(5 * PAGE).isEqualTo(pages.mappedBytes());
      requireWritten(0, 20);
      requireZerosBehind(0, 20, 2);
    }
  }

  @Test
  void overTheBudgetIsOutOfMemoryAndChangesNothing() {
    try (SlotPages pages = pages(6)) {
      pages.ensure(0, 64);
      pages.trim(0, 60);
      pages.ensure(1, 48);
      assertThatThrownBy(() -> pages.ensure(0, 80))
          .isInstanceOfSatisfying(CudaException.class, e -> assertThat(e.outOfMemory()).isTrue())
          .hasMessage(
              "slot 0 needs 1 more pages of 4,096 bytes for keys and values, 6 of 6 are in use;"
                  + " lower MAX_BATCH_SIZE or CONTEXT if this comes often");
      assertThat(pages.tokens(0)).isEqualTo(60);
      assertThat(device.mappedBytes()).isEqualTo(6 * PAGE);
      pages.trim(1, 0);
      pages.ensure(0, 80);
      assertThat(pages.tokens(0)).isEqualTo(80);
    }
  }

  @Test
  void whenTheDeviceHasLessThanTheBudgetWhatLeavesIsAwaitedToo() {
    device.mappedLimit(5 * PAGE);
    try (SlotPages pages = pages(100)) {
      pages.ensure(0, 64);
      device.marksAreReached(false);
      pages.trim(0, 0);
      pages.ensure(1, 48);
      assertThat(device.awaited()).isEqualTo(1);
      assertThatThrownBy(() -> pages.ensure(2, 48))
          .isInstanceOfSatisfying(CudaException.class, e -> assertThat(e.outOfMemory()).isTrue());
      assertThat(pages.mappedBytes()).isEqualTo(3 * PAGE).isEqualTo(device.mappedBytes());
    }
  }

  @Test
  void moreTokensThanASlotHasAreRefused() {
    try (SlotPages pages = pages(100)) {
      assertThatThrownBy(() -> pages.ensure(0, 113))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("slot 0: 113 tokens are 6 pages, a slot has 5");
    }
  }

  /** Whatever happens: what a slot holds stays, behind it are zeros, and the books agree. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void noOrderOfActsLosesAToken(long seed) {
    Random random = new Random(seed);
    int budget = 6 + random.nextInt(12);
    int[] held = new int[SLOTS];
    try (SlotPages pages = pages(budget)) {
      for (int act = 0; act < 400; act++) {
        device.marksAreReached(random.nextInt(3) == 0);
        int slot = random.nextInt(SLOTS);
        switch (random.nextInt(8)) {
          case 0 -> {
            held[slot] = Math.min(held[slot], random.nextInt(MOST_TOKENS));
            pages.trim(slot, held[slot]);
          }
          case 1 -> {
            held[slot] = 0;
            pages.trim(slot, 0);
          }
          case 2 -> pages.settle();
          case 3 -> {
            device.reachMarks();
            pages.settle();
            assertThat(pages.mappedBytes()).isGreaterThanOrEqualTo(pages.neededBytes());
          }
          default -> {
            int wanted = Math.min(MOST_TOKENS, held[slot] + 1 + random.nextInt(30));
            if (grows(pages, slot, wanted, held, budget)) {
              write(slot, held[slot], wanted);
              held[slot] = wanted;
            }
          }
        }
        requireBooks(pages, held, budget);
      }
    }
    assertThat(device.mappedBytes()).isZero();
  }

  /** Growth fails exactly when all slots together need more than the budget. */
  private static boolean grows(SlotPages pages, int slot, int wanted, int[] held, int budget) {
    int others = 0;
    for (int other = 0; other < SLOTS; other++) {
      others += other == slot ? 0 : LAYOUT.pages(held[other]);
    }
    if (others + LAYOUT.pages(wanted) <= budget) {
      pages.ensure(slot, wanted);
      return true;
    }
    assertThatThrownBy(() -> pages.ensure(slot, wanted)).isInstanceOf(CudaException.class);
    return false;
  }

  private void requireBooks(SlotPages pages, int[] held, int budget) {
    long needed = 0;
    for (int slot = 0; slot < SLOTS; slot++) {
      assertThat(pages.tokens(slot)).isEqualTo(held[slot]);
      requireWritten(slot, held[slot]);
      requireZerosBehind(slot, held[slot], LAYOUT.pages(held[slot]));
      needed += LAYOUT.pages(held[slot]) * PAGE;
    }
    assertThat(pages.neededBytes()).isEqualTo(needed);
    assertThat(pages.usedBytes()).isEqualTo(Arrays.stream(held).sum() * LAYOUT.tokenBytes());
    assertThat(pages.mappedBytes())
        .isEqualTo(device.mappedBytes())
        .isBetween(needed, budget * PAGE);
  }

  private void write(int slot, int from, int to) {
    for (int position = from; position < to; position++) {
      for (int row = 0; row < LAYOUT.rows(); row++) {
        HostDevice.memory(vector(slot, position, row), LAYOUT.vectorBytes())
            .fill(content(slot, position));
      }
    }
  }

  private void requireWritten(int slot, int tokens) {
    for (int position = 0; position < tokens; position++) {
      requireBytes(slot, position, content(slot, position));
    }
  }

  private void requireZerosBehind(int slot, int tokens, int pages) {
    long end = base + slot * LAYOUT.slotStride() + pages * PAGE;
    for (int position = tokens;
        vector(slot, position, (int) LAYOUT.rows() - 1) + LAYOUT.vectorBytes() <= end;
        position++) {
      requireBytes(slot, position, (byte) 0);
    }
  }

  private void requireBytes(int slot, int position, byte content) {
    for (int row = 0; row < LAYOUT.rows(); row++) {
      long at = vector(slot, position, row);
      for (int i = 0; i < LAYOUT.vectorBytes(); i += 31) {
        byte found = HostDevice.memory(at + i, 1).get(ValueLayout.JAVA_BYTE, 0);
        if (found != content) {
          throw new AssertionError(
              "slot %d position %d row %d holds %d, not %d"
                  .formatted(slot, position, row, found, content));
        }
      }
    }
  }

  private static byte content(int slot, int position) {
    return (byte) (1 + (slot * 89 + position * 7) % 255);
  }

  private long vector(int slot, int position, int row) {
    return base
        + slot * LAYOUT.slotStride()
        + position / KvLayout.TILE * LAYOUT.tileStride()
        + (row * KvLayout.TILE + position % KvLayout.TILE) * LAYOUT.vectorBytes();
  }

  /** 28 layers, 2 heads of 128 in fp16; pages of 2 MiB as an H200 has them. */
  @Test
  void twoHundredMixedSequencesMapHardlyMoreThanTheyUse() {
    KvLayout layout = new KvLayout(28 * 2 * 2, 128 * 2, 2 << 20, 64);
    int sequences = 200;
    Random random = new Random(11);
    int[] lengths = random.ints(sequences, 100, 1501).toArray();
    SlotPages pages =
        new SlotPages(countingDevice(), layout, 1L << 40, 2 * sequences + 1, Long.MAX_VALUE);
    pages.ensure(2 * sequences, 1);
    for (int slot = 0; slot < sequences; slot++) {
      // A prompt in chunks, then token after token.
      for (int tokens = 1; tokens <= lengths[slot]; tokens++) {
        pages.ensure(slot, tokens);
      }
    }
    assertThat(ratio(pages)).isBetween(1.0, 1.1);

    // Half of them end and others come.
    for (int slot = 0; slot < sequences; slot += 2) {
      pages.trim(slot, 0);
      pages.ensure(sequences + slot, random.nextInt(100, 1501));
    }
    pages.settle();
    assertThat(ratio(pages)).isBetween(1.0, 1.1);
  }

  private static double ratio(SlotPages pages) {
    return (double) pages.mappedBytes() / pages.usedBytes();
  }

  /** Takes every call and does nothing; its marks are always reached. */
  private static Device countingDevice() {
    Mark mark = new HostDevice().mark();
    return (Device)
        Proxy.newProxyInstance(
            Device.class.getClassLoader(),
            new Class<?>[] {Device.class},
            (proxy, method, arguments) -> method.getReturnType() == Mark.class ? mark : null);
  }
}
