package platform.deepseek.inference.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.model.ModelConfig;

class CudaKvCacheTest {

  private static final int SLOTS = 3;
  private static final int CONTEXT = 30;
  private static final int HEAD_NUMBERS = 32 * 16;

  private final ModelConfig config =
      ModelConfig.fromHuggingFace(Fixtures.path("models/qwen2_tied"));
  private final HostDevice device = new HostDevice();

  @Test
  void aSlotHasRoomForOnePositionMoreThanItsContext() {
    assertThat(CudaKvCache.positions(31)).isEqualTo(32);
    assertThat(CudaKvCache.positions(32)).isEqualTo(48);
  }

  @Test
  void memoryIsWhatThePlanSaysAndBeginsAsZeros() {
    try (CudaKvCache cache = new CudaKvCache(device, config, CudaPrecision.FP16, SLOTS, CONTEXT)) {
      assertThat(device.allocations()).isEqualTo(2 * config.layers());
      assertThat(CudaKvCache.bytes(config, CudaPrecision.FP16, SLOTS, CONTEXT))
          .isEqualTo(2L * config.layers() * SLOTS * 2 * HEAD_NUMBERS * 2);
      assertThat(slot(cache.values(2, 2))).containsOnly((short) 0);
    }
    assertThat(device.allocations()).isZero();
  }

  @Test
  void aPrefixIsCopiedForEveryHeadAndNothingElse() {
    try (CudaKvCache cache = new CudaKvCache(device, config, CudaPrecision.FP16, SLOTS, CONTEXT)) {
      MemorySegment from = HostDevice.memory(cache.keys(1, 0), 2 * HEAD_NUMBERS * 2);
      for (int i = 0; i < 2 * HEAD_NUMBERS; i++) {
        from.setAtIndex(ValueLayout.JAVA_SHORT, i, (short) (i + 1));
      }

      cache.copyPrefix(0, 2, 5);

      short[] copied = slot(cache.keys(1, 2));
      for (int i = 0; i < copied.length; i++) {
        boolean inPrefix = i % HEAD_NUMBERS < 5 * 16;
        assertThat(copied[i]).isEqualTo((short) (inPrefix ? i + 1 : 0));
      }
      assertThat(slot(cache.keys(1, 1))).containsOnly((short) 0);
    }
  }

  private static short[] slot(long address) {
    return HostDevice.memory(address, 2 * HEAD_NUMBERS * 2).toArray(ValueLayout.JAVA_SHORT);
  }
}
