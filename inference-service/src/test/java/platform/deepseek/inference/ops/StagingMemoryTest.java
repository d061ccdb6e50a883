package platform.deepseek.inference.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class StagingMemoryTest {

  @Test
  void memoryIsZeroKeepsWhatIsWrittenAndEndsWithItsArena() {
    MemorySegment memory;
    try (Arena arena = Arena.ofShared()) {
      memory = StagingMemory.of(arena, 5_000_001);
      assertThat(memory.byteSize()).isEqualTo(5_000_001);
      assertThat(memory.get(ValueLayout.JAVA_BYTE, 5_000_000)).isZero();
      memory.set(ValueLayout.JAVA_BYTE, 5_000_000, (byte) 7);
      assertThat(memory.get(ValueLayout.JAVA_BYTE, 5_000_000)).isEqualTo((byte) 7);
    }
    assertThatThrownBy(() -> memory.get(ValueLayout.JAVA_BYTE, 0))
        .isInstanceOf(IllegalStateException.class);
  }
}
