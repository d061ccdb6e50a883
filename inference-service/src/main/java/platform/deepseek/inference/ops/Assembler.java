package platform.deepseek.inference.ops;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes x86-64 machine code: the few general and AVX2 instructions that {@link BlockKernel} and
 * {@link AttentionKernel} need.
 *
 * <p>Why an assembler at all: the Vector API has no multiply-add of bytes (VPMADDUBSW), which is
 * what makes quantised products fast, and a compiled library would be an opaque file in the
 * repository. Encodings are those of the Intel 64 manual, volume 2: every vector instruction is
 * written with the three-byte VEX prefix and every memory operand with a 32-bit displacement, the
 * long forms, so that one method serves all.
 */
final class Assembler {

  /** General registers by their number in an encoding. */
  enum Reg {
    RAX,
    RCX,
    RDX,
    RBX,
    RSP,
    RBP,
    RSI,
    RDI,
    R8,
    R9,
    R10,
    R11,
    R12,
    R13,
    R14,
    R15
  }

  /** [base + index * 1|2 + displacement]; index null for none. */
  record Memory(Reg base, Reg index, int scale, int displacement) {}

  /** A place in the code; jumps to it may come before it is bound. */
  static final class Label {
    private int position = -1;
    private final List<Integer> uses = new ArrayList<>();
  }

  /** Opcode maps and mandatory prefixes of the VEX encoding. */
  private static final int MAP_0F = 1;

  private static final int MAP_0F38 = 2;
  private static final int PREFIX_NONE = 0;
  private static final int PREFIX_66 = 1;
  private static final int PREFIX_F3 = 2;

  private final ByteArrayOutputStream code = new ByteArrayOutputStream();
  private final List<Label> labels = new ArrayList<>();

  static Memory at(Reg base, int displacement) {
    return new Memory(base, null, 1, displacement);
  }

  static Memory at(Reg base, Reg index, int scale, int displacement) {
    return new Memory(base, index, scale, displacement);
  }

  // ---- general instructions, 64 bits wide

  void move(Reg to, Reg from) {
    rexW(from.ordinal(), 0, to.ordinal());
    emit(0x89);
    modRegister(from.ordinal(), to.ordinal());
  }

  void load(Reg to, Memory from) {
    rexW(to.ordinal(), indexOf(from), from.base.ordinal());
    emit(0x8B);
    modMemory(to.ordinal(), from);
  }

  void store(Memory to, Reg from) {
    rexW(from.ordinal(), indexOf(to), to.base.ordinal());
    emit(0x89);
    modMemory(from.ordinal(), to);
  }

  void lea(Reg to, Memory address) {
    rexW(to.ordinal(), indexOf(address), address.base.ordinal());
    emit(0x8D);
    modMemory(to.ordinal(), address);
  }

  void add(Reg to, Reg value) {
    rexW(value.ordinal(), 0, to.ordinal());
    emit(0x01);
    modRegister(value.ordinal(), to.ordinal());
  }

  void add(Reg to, int value) {
    rexW(0, 0, to.ordinal());
    emit(0x81);
    modRegister(0, to.ordinal());
    emit32(value);
  }

  void compare(Reg register, int value) {
    rexW(0, 0, register.ordinal());
    emit(0x81);
    modRegister(7, register.ordinal());
    emit32(value);
  }

  void compare(Reg a, Reg b) {
    rexW(b.ordinal(), 0, a.ordinal());
    emit(0x39);
    modRegister(b.ordinal(), a.ordinal());
  }

  void push(Reg register) {
    rexW(0, 0, register.ordinal());
    emit(0x50 + (register.ordinal() & 7));
  }

  void pop(Reg register) {
    rexW(0, 0, register.ordinal());
    emit(0x58 + (register.ordinal() & 7));
  }

  /** Asks for a cache line; any address is allowed. */
  void prefetch(Memory line) {
    int index = indexOf(line);
    emit(0x40 | ((index & 8) >> 2) | ((line.base.ordinal() & 8) >> 3));
    emit(0x0F);
    emit(0x18);
    modMemory(1, line);
  }

  void ret() {
    emit(0xC3);
  }

  void jump(Label target) {
    emit(0xE9);
    use(target);
  }

  void jumpIfZero(Label target) {
    conditional(0x84, target);
  }

  void jumpIfNotZero(Label target) {
    conditional(0x85, target);
  }

  /** After {@link #compare}: signed less. */
  void jumpIfLess(Label target) {
    conditional(0x8C, target);
  }

  void bind(Label label) {
    label.position = code.size();
    labels.add(label);
  }

  // ---- vector instructions on 256-bit registers 0 to 15

  void vmovdqu(int to, Memory from) {
    vex(PREFIX_F3, MAP_0F, 0x6F, to, 0, from);
  }

  void vmovups(int to, Memory from) {
    vex(PREFIX_NONE, MAP_0F, 0x10, to, 0, from);
  }

  void vmovups(Memory to, int from) {
    vex(PREFIX_NONE, MAP_0F, 0x11, from, 0, to);
  }

  void vxorps(int to, int a, int b) {
    vex(PREFIX_NONE, MAP_0F, 0x57, to, a, b);
  }

  void vaddps(int to, int a, Memory b) {
    vex(PREFIX_NONE, MAP_0F, 0x58, to, a, b);
  }

  void vmulps(int to, int a, int b) {
    vex(PREFIX_NONE, MAP_0F, 0x59, to, a, b);
  }

  void vmulps(int to, int a, Memory b) {
    vex(PREFIX_NONE, MAP_0F, 0x59, to, a, b);
  }

  /** to += a * b, rounded once. */
  void vfmadd231ps(int to, int a, int b) {
    vex(PREFIX_66, MAP_0F38, 0xB8, to, a, b);
  }

  void vfmadd231ps(int to, int a, Memory b) {
    vex(PREFIX_66, MAP_0F38, 0xB8, to, a, b);
  }

  void vbroadcastss(int to, Memory from) {
    vex(PREFIX_66, MAP_0F38, 0x18, to, 0, from);
  }

  void vpbroadcastd(int to, Memory from) {
    vex(PREFIX_66, MAP_0F38, 0x58, to, 0, from);
  }

  void vcvtdq2ps(int to, int from) {
    vex(PREFIX_NONE, MAP_0F, 0x5B, to, 0, from);
  }

  void vpand(int to, int a, Memory b) {
    vex(PREFIX_66, MAP_0F, 0xDB, to, a, b);
  }

  void vpand(int to, int a, int b) {
    vex(PREFIX_66, MAP_0F, 0xDB, to, a, b);
  }

  /** Shifts 16-bit lanes right. */
  void vpsrlw(int to, int from, int bits) {
    vex(PREFIX_66, MAP_0F, 0x71, 2, to, from);
    emit(bits);
  }

  void vpaddw(int to, int a, int b) {
    vex(PREFIX_66, MAP_0F, 0xFD, to, a, b);
  }

  void vpaddd(int to, int a, int b) {
    vex(PREFIX_66, MAP_0F, 0xFE, to, a, b);
  }

  /** Pairs of unsigned bytes of a times signed bytes of b, added to 16 bits with saturation. */
  void vpmaddubsw(int to, int a, int b) {
    vex(PREFIX_66, MAP_0F38, 0x04, to, a, b);
  }

  /** Pairs of signed 16-bit products added to 32 bits. */
  void vpmaddwd(int to, int a, int b) {
    vex(PREFIX_66, MAP_0F, 0xF5, to, a, b);
  }

  /** Sixteen signed bytes to sixteen 16-bit lanes. */
  void vpmovsxbw(int to, Memory from) {
    vex(PREFIX_66, MAP_0F38, 0x20, to, 0, from);
  }

  void vzeroupper() {
    emit(0xC5);
    emit(0xF8);
    emit(0x77);
  }

  /** The code, all jumps resolved. */
  byte[] assemble() {
    byte[] bytes = code.toByteArray();
    for (Label label : labels) {
      for (int use : label.uses) {
        int distance = label.position - (use + 4);
        for (int i = 0; i < 4; i++) {
          bytes[use + i] = (byte) (distance >> (8 * i));
        }
      }
    }
    return bytes;
  }

  // ---- encoding

  private void vex(int prefix, int map, int opcode, int reg, int second, int rm) {
    vexPrefix(prefix, map, reg, second, 0, rm);
    emit(opcode);
    modRegister(reg, rm);
  }

  private void vex(int prefix, int map, int opcode, int reg, int second, Memory memory) {
    vexPrefix(prefix, map, reg, second, indexOf(memory), memory.base.ordinal());
    emit(opcode);
    modMemory(reg, memory);
  }

  private void vexPrefix(int prefix, int map, int reg, int second, int index, int base) {
    emit(0xC4);
    emit(((~reg & 8) << 4) | ((~index & 8) << 3) | ((~base & 8) << 2) | map);
    emit(((~second & 15) << 3) | (1 << 2) | prefix);
  }

  private void rexW(int reg, int index, int base) {
    emit(0x48 | ((reg & 8) >> 1) | ((index & 8) >> 2) | ((base & 8) >> 3));
  }

  private void modRegister(int reg, int rm) {
    emit(0xC0 | (reg & 7) << 3 | (rm & 7));
  }

  private void modMemory(int reg, Memory memory) {
    int base = memory.base.ordinal() & 7;
    if (memory.index == null && base != 4) {
      emit(0x80 | (reg & 7) << 3 | base);
    } else {
      int index = memory.index == null ? 4 : memory.index.ordinal() & 7;
      emit(0x80 | (reg & 7) << 3 | 4);
      emit(Integer.numberOfTrailingZeros(memory.scale) << 6 | index << 3 | base);
    }
    emit32(memory.displacement);
  }

  private static int indexOf(Memory memory) {
    return memory.index == null ? 0 : memory.index.ordinal();
  }

  private void conditional(int opcode, Label target) {
    emit(0x0F);
    emit(opcode);
    use(target);
  }

  private void use(Label target) {
    target.uses.add(code.size());
    emit32(0);
  }

  private void emit32(int value) {
    for (int i = 0; i < 4; i++) {
      emit(value >> (8 * i));
    }
  }

  private void emit(int octet) {
    code.write(octet);
  }
}
