package platform.deepseek.inference.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class KvCacheTest {

  private static final int LAYERS = 3;
  private static final int SLOTS = 4;
  private static final int HEADS = 2;
  private static final int HEAD_SIZE = 64;
  private static final int POSITIONS = 250;

  /** Of keys or values of one head: whole blocks of 16 positions. */
  private static final int HEAD_FLOATS = 256 * HEAD_SIZE;

  @Test
  void noTwoHeadsShareMemory() {
    try (KvCache cache = cache()) {
      TreeMap<Long, String> starts = new TreeMap<>();
      for (int layer = 0; layer < LAYERS; layer++) {
        for (int slot = 0; slot < SLOTS; slot++) {
          for (int head = 0; head < HEADS; head++) {
            String name = "layer %d slot %d head %d".formatted(layer, slot, head);
            assertThat(starts.put(cache.keys(layer, slot, head), name)).isNull();
            assertThat(starts.put(cache.values(layer, slot, head), name)).isNull();
          }
        }
      }
      assertThat(starts).hasSize(2 * LAYERS * SLOTS * HEADS);
      long end = starts.firstKey();
      for (long start : starts.keySet()) {
        assertThat(start).isGreaterThanOrEqualTo(end);
        end = start + 4L * HEAD_FLOATS;
      }
      assertThat(end - starts.firstKey()).isEqualTo(4L * starts.size() * HEAD_FLOATS);
    }
  }

  @Test
  void tokenTakesWhatIsSaid() {
    assertThat(KvCache.bytesPerToken(LAYERS, HEADS, HEAD_SIZE))
        .isEqualTo(2L * LAYERS * HEADS * HEAD_SIZE * 4);
  }

  @Test
  void copiedPrefixIsTheSameAndTheRestIsLeftAlone() {
    int tokens = 37;
    try (KvCache cache = cache()) {
      fill(cache, 1);
      cache.copyPrefix(1, 3, tokens);
      for (int layer = 0; layer < LAYERS; layer++) {
        for (int head = 0; head < HEADS; head++) {
          for (int position = 0; position < POSITIONS; position++) {
            for (int d = 0; d < HEAD_SIZE; d++) {
              if (position < tokens) {
                assertThat(key(cache, layer, 3, head, position, d))
                    .isEqualTo(key(cache, layer, 1, head, position, d))
                    .isNotZero();
              }
              // Keys of the last block come along whole; values only as far as asked.
              assertThat(get(cache.values(layer, 3, head), position * HEAD_SIZE + d))
                  .isEqualTo(
                      position < tokens
                          ? get(cache.values(layer, 1, head), position * HEAD_SIZE + d)
                          : 0);
            }
            if (position >= 48) {
              assertThat(key(cache, layer, 3, head, position, 0)).isZero();
            }
          }
        }
      }
      assertThat(get(cache.keys(0, 2, 0), 0)).isZero();
    }
  }

  @Test
  void blocksThatAreReadAndWrittenElsewhereAreTheSame() {
    try (KvCache cache = cache()) {
      fill(cache, 1);
      byte[] bytes = new byte[(int) cache.bytes(64)];
      cache.read(1, 64, 64, MemorySegment.ofArray(bytes));
      cache.write(3, 64, 64, MemorySegment.ofArray(bytes));
      for (int layer = 0; layer < LAYERS; layer++) {
        for (int head = 0; head < HEADS; head++) {
          for (int position = 0; position < POSITIONS; position++) {
            boolean written = position >= 64 && position < 128;
            for (int d = 0; d < HEAD_SIZE; d++) {
              assertThat(key(cache, layer, 3, head, position, d))
                  .isEqualTo(written ? key(cache, layer, 1, head, position, d) : 0);
              assertThat(get(cache.values(layer, 3, head), position * HEAD_SIZE + d))
                  .isEqualTo(
                      written ? get(cache.values(layer, 1, head), position * HEAD_SIZE + d) : 0);
            }
          }
        }
      }
      assertThat(get(cache.keys(0, 2, 0), 64 * HEAD_SIZE)).isZero();
    }
  }

  @Test
  void onlyWholeBlocksOfASlotAreReadAndWritten() {
    try (KvCache cache = cache()) {
      MemorySegment block = MemorySegment.ofArray(new byte[(int) cache.bytes(64)]);
      MemorySegment half = MemorySegment.ofArray(new byte[(int) cache.bytes(40)]);
      assertThatThrownBy(() -> cache.write(0, 8, 64, block)).hasMessageContaining("[8, 72)");
      assertThatThrownBy(() -> cache.read(0, 0, 40, half)).hasMessageContaining("[0, 40)");
      assertThatThrownBy(() -> cache.write(0, 208, 64, block)).hasMessageContaining("[208, 272)");
      assertThatThrownBy(() -> cache.write(0, -64, 64, block)).hasMessageContaining("[-64, 0)");
      assertThatThrownBy(() -> cache.write(0, 0, 64, half)).hasMessageContaining("no whole blocks");
    }
  }

  @Test
  void layoutTellsCachesOfAnotherShapeApart() {
    try (KvCache cache = cache();
        KvCache other = new KvCache(LAYERS, SLOTS, HEADS, 2 * HEAD_SIZE, POSITIONS)) {
      assertThat(cache.layout())
          .startsWith("f32, 3 layers, 2 heads of 64, keys by 16, ")
          .isNotEqualTo(other.layout());
    }
  }

  @Test
  void trimmedSlotKeepsItsFirstTokensAndItsNeighbours() {
    int kept = 20;
    try (KvCache cache = cache()) {
      for (int slot = 0; slot < SLOTS; slot++) {
        fill(cache, slot);
      }
      cache.trim(1, kept);
      for (int layer = 0; layer < LAYERS; layer++) {
        for (int head = 0; head < HEADS; head++) {
          for (int i = 0; i < HEAD_FLOATS; i++) {
            if (i < kept * HEAD_SIZE) {
              assertThat(get(cache.values(layer, 1, head), i))
                  .isEqualTo(number(layer, 1, HEADS + head, i));
            }
            assertThat(get(cache.keys(layer, 0, head), i)).isEqualTo(number(layer, 0, head, i));
            assertThat(get(cache.values(layer, 2, head), i))
                .isEqualTo(number(layer, 2, HEADS + head, i));
          }
          assertThat(get(cache.values(layer, 1, head), 250 * HEAD_SIZE))
              .as("a page far behind what is kept is given back")
              .isZero();
        }
      }
    }
  }

  @Test
  void trimToNothingAndToEverythingAreAllowed() {
    try (KvCache cache = cache()) {
      fill(cache, 0);
      cache.trim(0, POSITIONS);
      assertThat(get(cache.keys(0, 0, 0), HEAD_FLOATS - 1))
          .isEqualTo(number(0, 0, 0, HEAD_FLOATS - 1));
      cache.trim(0, 0);
      assertThat(get(cache.keys(LAYERS - 1, 0, HEADS - 1), HEAD_FLOATS / 2)).isZero();
    }
  }

  private static KvCache cache() {
    return new KvCache(LAYERS, SLOTS, HEADS, HEAD_SIZE, POSITIONS);
  }

  private static void fill(KvCache cache, int slot) {
    for (int layer = 0; layer < LAYERS; layer++) {
      for (int head = 0; head < HEADS; head++) {
        for (int i = 0; i < HEAD_FLOATS; i++) {
          put(cache.keys(layer, slot, head), i, number(layer, slot, head, i));
          put(cache.values(layer, slot, head), i, number(layer, slot, HEADS + head, i));
        }
      }
    }
  }

  /** A different number, never 0, for every place. */
  private static float number(int layer, int slot, int part, int i) {
    return 1 + i + HEAD_FLOATS * (part + 2 * HEADS * (slot + SLOTS * layer));
  }

  private static float key(KvCache cache, int layer, int slot, int head, int position, int d) {
    return get(
        cache.keys(layer, slot, head), position / 16 * 16 * HEAD_SIZE + 16 * d + position % 16);
  }

  private static float get(long address, int index) {
    return Rows.EVERYWHERE.get(ValueLayout.JAVA_FLOAT, address + 4L * index);
  }

  private static void put(long address, int index, float value) {
    Rows.EVERYWHERE.set(ValueLayout.JAVA_FLOAT, address + 4L * index, value);
  }
}
