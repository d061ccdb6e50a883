package platform.deepseek.inference.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.cuda.CudaException;
import platform.deepseek.inference.model.ModelConfig;

class PagedKvCacheTest {

  private static final int SLOTS = 3;
  private static final int CONTEXT = 63;

  private final ModelConfig config =
      ModelConfig.fromHuggingFace(Fixtures.path("models/qwen2_tied"));
  private final HostDevice device = new HostDevice();
  private final KvLayout layout =
      KvLayout.of(config, CudaPrecision.FP16, CONTEXT, HostPages.PAGE_BYTES);

  private PagedKvCache cache(long budget) {
    return new PagedKvCache(device, config, CudaPrecision.FP16, SLOTS, CONTEXT, budget);
  }

  @Test
  void aSlotHasRoomForOnePositionMoreThanItsContext() {
    long tile = 16L * 2 * config.layers() * config.kvHeads() * config.headDim() * 2;
    assertThat(layout.tileStride()).isEqualTo(tile);
    assertThat(layout.slotStride())
        .isEqualTo(Math.ceilDiv(4 * tile, HostPages.PAGE_BYTES) * HostPages.PAGE_BYTES);
    KvLayout oneMore = KvLayout.of(config, CudaPrecision.FP16, CONTEXT + 1, HostPages.PAGE_BYTES);
    assertThat(oneMore.slotStride())
        .isEqualTo(Math.ceilDiv(5 * tile, HostPages.PAGE_BYTES) * HostPages.PAGE_BYTES);
  }

  @Test
  void onlyTheScratchSlotHasMemoryAtFirstAndNothingIsLeftBehind() {
    try (PagedKvCache cache = cache(1 << 20)) {
      assertThat(cache.scratchSlot()).isEqualTo(SLOTS);
      assertThat(device.reservations()).isEqualTo(1);
      assertThat(device.mappedBytes()).isEqualTo(layout.pages(1) * HostPages.PAGE_BYTES);
      long scratch = cache.base() + SLOTS * cache.slotStride();
      assertThat(numbers(scratch, layout.tileStride())).containsOnly((short) 0);

      cache.ensure(1, 40);
      assertThat(cache.mappedBytes()).isEqualTo(device.mappedBytes());
      assertThat(cache.usedBytes()).isEqualTo(41 * layout.tokenBytes());
    }
    assertThat(device.reservations() + device.open()).isZero();
    assertThat(device.mappedBytes()).isZero();
  }

  @Test
  void aPrefixIsCopiedWithZerosBehindIt() {
    try (PagedKvCache cache = cache(1 << 20)) {
      cache.ensure(0, 40);
      cache.ensure(2, 50);
      MemorySegment from = HostDevice.memory(cache.base(), layout.tiledBytes(40));
      for (int i = 0; i < from.byteSize() / 2; i++) {
        from.setAtIndex(ValueLayout.JAVA_SHORT, i, (short) (i | 1));
      }
      long to = cache.base() + 2 * cache.slotStride();
      HostDevice.memory(to, layout.tiledBytes(50)).fill((byte) 0xFF);

      cache.copyPrefix(0, 2, 21);
      cache.settle();

      short[] copied = numbers(to, layout.pages(21) * HostPages.PAGE_BYTES);
      int tile = (int) layout.tileStride() / 2;
      for (int i = 0; i < copied.length; i++) {
        int position = i / tile * 16 + i % tile / config.headDim() % 16;
        assertThat(copied[i]).isEqualTo((short) (position < 21 ? i | 1 : 0));
      }
      assertThat(cache.usedBytes()).isEqualTo((40 + 21 + 1) * layout.tokenBytes());
      assertThatThrownBy(() -> cache.copyPrefix(0, 2, 41))
          .hasMessage("a prefix of 41 tokens of slot 0, which holds 40");
    }
  }

  @Test
  void theBudgetIsForTheSlotsAlone() {
    long slot = layout.pages(48) * HostPages.PAGE_BYTES;
    try (PagedKvCache cache = cache(slot)) {
      cache.ensure(0, 48);
      assertThatThrownBy(() -> cache.ensure(1, 1)).isInstanceOf(CudaException.class);
      cache.trim(0, 0);
      cache.ensure(1, 48);
    }
  }

  @Test
  void aDeviceWithoutMemoryLeavesNothingReserved() {
    device.mappedLimit(0);
    assertThatThrownBy(() -> cache(1 << 20)).isInstanceOf(CudaException.class);
    assertThat(device.reservations()).isZero();
  }

  private static short[] numbers(long address, long bytes) {
    return HostDevice.memory(address, bytes).toArray(ValueLayout.JAVA_SHORT);
  }
}
