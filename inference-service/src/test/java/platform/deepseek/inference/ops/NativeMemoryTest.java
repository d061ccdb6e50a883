package platform.deepseek.inference.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class NativeMemoryTest {

  private static final int PAGE = 4096;

  @Test
  void reservedMemoryIsWholePagesOfZeroes() {
    MemorySegment memory = NativeMemory.reserve(PAGE + 1);
    assertThat(memory.byteSize()).isEqualTo(2 * PAGE);
    assertThat(memory.address() % PAGE).isZero();
    assertThat(memory.toArray(ValueLayout.JAVA_BYTE)).containsOnly(0);
    memory.fill((byte) 1);
    NativeMemory.free(memory);
  }

  @Test
  void addressSpaceCostsNothingUntilItIsWritten() {
    MemorySegment memory = NativeMemory.reserve(1L << 40);
    memory.set(ValueLayout.JAVA_BYTE, (1L << 40) - 1, (byte) 5);
    assertThat(memory.get(ValueLayout.JAVA_BYTE, (1L << 40) - 1)).isEqualTo((byte) 5);
    NativeMemory.free(memory);
  }

  @Test
  void onlyWholePagesInsideTheSegmentAreGivenBack() {
    MemorySegment memory = NativeMemory.reserve(4 * PAGE);
    memory.fill((byte) 7);
    NativeMemory.giveBack(memory.asSlice(100, 2 * PAGE));
    for (int i = 0; i < 4 * PAGE; i++) {
      boolean given = i >= PAGE && i < 2 * PAGE;
      assertThat(memory.get(ValueLayout.JAVA_BYTE, i)).isEqualTo((byte) (given ? 0 : 7));
    }
    NativeMemory.free(memory);
  }

  @Test
  void moreAddressSpaceThanThereIsIsRefusedWithWhatToLower() {
    assertThatThrownBy(() -> NativeMemory.reserve(1L << 50))
        .isInstanceOf(OutOfMemoryError.class)
        .hasMessage(
            "the system refused 1,125,899,906,842,624 bytes of address space;"
                + " lower CONTEXT or MAX_BATCH_SIZE");
  }

  @Test
  void codeRuns() throws Throwable {
    assumeTrue("amd64".equals(System.getProperty("os.arch")), "the code is for amd64");
    Assembler code = new Assembler();
    code.lea(Assembler.Reg.RAX, Assembler.at(Assembler.Reg.RDI, Assembler.Reg.RSI, 2, 1000));
    code.ret();
    MemorySegment function = NativeMemory.executable(code.assemble());
    var handle =
        Linker.nativeLinker()
            .downcallHandle(
                function,
                FunctionDescriptor.of(
                    ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
    assertThat((long) handle.invokeExact(20L, 3L)).isEqualTo(1026);
    NativeMemory.free(function);
  }
}
