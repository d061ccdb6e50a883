package platform.deepseek.inference.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static platform.deepseek.inference.ops.Assembler.Reg.R10;
import static platform.deepseek.inference.ops.Assembler.Reg.R12;
import static platform.deepseek.inference.ops.Assembler.Reg.R13;
import static platform.deepseek.inference.ops.Assembler.Reg.R14;
import static platform.deepseek.inference.ops.Assembler.Reg.R15;
import static platform.deepseek.inference.ops.Assembler.Reg.R8;
import static platform.deepseek.inference.ops.Assembler.Reg.R9;
import static platform.deepseek.inference.ops.Assembler.Reg.RAX;
import static platform.deepseek.inference.ops.Assembler.Reg.RBP;
import static platform.deepseek.inference.ops.Assembler.Reg.RBX;
import static platform.deepseek.inference.ops.Assembler.Reg.RDI;
import static platform.deepseek.inference.ops.Assembler.Reg.RDX;
import static platform.deepseek.inference.ops.Assembler.Reg.RSI;
import static platform.deepseek.inference.ops.Assembler.Reg.RSP;
import static platform.deepseek.inference.ops.Assembler.at;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every instruction against the bytes that GNU as makes of the same text (told to use the
 * three-byte prefix and 32-bit displacements, {vex3} and {disp32}, as the assembler here always
 * does).
 */
class AssemblerTest {

  private static final String GOLDEN =
      """
      mov r8, rdi                               => 49 89 f8
      mov rdx, r9                               => 4c 89 ca
      mov r12, [rdi + 80]                       => 4c 8b a7 50 00 00 00
      mov rax, [r12 + 8]                        => 49 8b 84 24 08 00 00 00
      mov [rdi + 24], r15                       => 4c 89 bf 18 00 00 00
      mov [rsp - 8], rbx                        => 48 89 9c 24 f8 ff ff ff
      lea r13, [r10 + r10*2 + 0]                => 4f 8d ac 52 00 00 00 00
      lea rax, [rdi + 256]                      => 48 8d 87 00 01 00 00
      add r15, r10                              => 4d 01 d7
      add rdx, rax                              => 48 01 c2
      add r14, 192                              => 49 81 c6 c0 00 00 00
      add rsi, 128                              => 48 81 c6 80 00 00 00
      cmp r12, 1000                             => 49 81 fc e8 03 00 00
      cmp r8, rax                               => 49 39 c0
      push rbx                                  => 48 53
      push r12                                  => 49 54
      pop rbp                                   => 48 5d
      pop r15                                   => 49 5f
      ret                                       => c3
      vmovdqu ymm11, [rdi + 96]                 => c4 61 7e 6f 9f 60 00 00 00
      vmovups ymm13, [r14 + 128]                => c4 41 7c 10 ae 80 00 00 00
      vmovups [rdx + 0], ymm3                   => c4 e1 7c 11 9a 00 00 00 00
      vmovups [rdx + 1056], ymm11               => c4 61 7c 11 9a 20 04 00 00
      vxorps ymm2, ymm2, ymm2                   => c4 e1 6c 57 d2
      vxorps ymm9, ymm10, ymm11                 => c4 41 2c 57 cb
      vaddps ymm1, ymm1, [rbp + 0]              => c4 e1 74 58 8d 00 00 00 00
      vmulps ymm15, ymm15, ymm13                => c4 41 04 59 fd
      vmulps ymm6, ymm7, [rsi + r10*2 + 32]     => c4 a1 44 59 b4 56 20 00 00 00
      vfmadd231ps ymm3, ymm7, ymm15             => c4 c2 45 b8 df
      vfmadd231ps ymm10, ymm14, [rsi + 32]      => c4 62 0d b8 96 20 00 00 00
      vbroadcastss ymm15, [rsi + r13*1 + 36]    => c4 22 7d 18 bc 2e 24 00 00 00
      vpbroadcastd ymm10, [rsi + r10*2 + 16]    => c4 22 7d 58 94 56 10 00 00 00
      vcvtdq2ps ymm7, ymm7                      => c4 e1 7c 5b ff
      vpand ymm8, ymm8, ymm12                   => c4 41 3d db c4
      vpand ymm0, ymm1, [rdi + 128]             => c4 e1 75 db 87 80 00 00 00
      vpsrlw ymm9, ymm8, 4                      => c4 c1 35 71 d0 04
      vpaddw ymm4, ymm4, ymm10                  => c4 c1 5d fd e2
      vpaddd ymm5, ymm5, ymm10                  => c4 c1 55 fe ea
      vpmaddubsw ymm10, ymm8, ymm10             => c4 42 3d 04 d2
      vpmaddwd ymm4, ymm9, ymm10                => c4 c1 35 f5 e2
      vpmovsxbw ymm8, [r14 + 240]               => c4 42 7d 20 86 f0 00 00 00
      vzeroupper                                => c5 f8 77
      """;

  /** The same instructions, in the order of the lines above. */
  private static final List<Consumer<Assembler>> INSTRUCTIONS =
      List.of(
          code -> code.move(R8, RDI),
          code -> code.move(RDX, R9),
          code -> code.load(R12, at(RDI, 80)),
          code -> code.load(RAX, at(R12, 8)),
          code -> code.store(at(RDI, 24), R15),
          code -> code.store(at(RSP, -8), RBX),
          code -> code.lea(R13, at(R10, R10, 2, 0)),
          code -> code.lea(RAX, at(RDI, 256)),
          code -> code.add(R15, R10),
          code -> code.add(RDX, RAX),
          code -> code.add(R14, 192),
          code -> code.add(RSI, 128),
          code -> code.compare(R12, 1000),
          code -> code.compare(R8, RAX),
          code -> code.push(RBX),
          code -> code.push(R12),
          code -> code.pop(RBP),
          code -> code.pop(R15),
          Assembler::ret,
          code -> code.vmovdqu(11, at(RDI, 96)),
          code -> code.vmovups(13, at(R14, 128)),
          code -> code.vmovups(at(RDX, 0), 3),
          code -> code.vmovups(at(RDX, 1056), 11),
          code -> code.vxorps(2, 2, 2),
          code -> code.vxorps(9, 10, 11),
          code -> code.vaddps(1, 1, at(RBP, 0)),
          code -> code.vmulps(15, 15, 13),
          code -> code.vmulps(6, 7, at(RSI, R10, 2, 32)),
          code -> code.vfmadd231ps(3, 7, 15),
          code -> code.vfmadd231ps(10, 14, at(RSI, 32)),
          code -> code.vbroadcastss(15, at(RSI, R13, 1, 36)),
          code -> code.vpbroadcastd(10, at(RSI, R10, 2, 16)),
          code -> code.vcvtdq2ps(7, 7),
          code -> code.vpand(8, 8, 12),
          code -> code.vpand(0, 1, at(RDI, 128)),
          code -> code.vpsrlw(9, 8, 4),
          code -> code.vpaddw(4, 4, 10),
          code -> code.vpaddd(5, 5, 10),
          code -> code.vpmaddubsw(10, 8, 10),
          code -> code.vpmaddwd(4, 9, 10),
          code -> code.vpmovsxbw(8, at(R14, 240)),
          Assembler::vzeroupper);

  /** An instruction with the bytes it must become. */
  record Encoding(String text, String hex, Consumer<Assembler> instruction) {
    @Override
    public String toString() {
      return text;
    }
  }

  static List<Encoding> encodings() {
    List<String> lines = GOLDEN.lines().toList();
    assertThat(lines).hasSameSizeAs(INSTRUCTIONS);
    List<Encoding> encodings = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      int arrow = lines.get(i).indexOf("=>");
      encodings.add(
          new Encoding(
              lines.get(i).substring(0, arrow).trim(),
              lines.get(i).substring(arrow + 2).trim(),
              INSTRUCTIONS.get(i)));
    }
    return encodings;
  }

  @ParameterizedTest
  @MethodSource("encodings")
  void anInstructionIsEncodedAsGnuAsDoes(Encoding encoding) {
    Assembler code = new Assembler();
    encoding.instruction.accept(code);
    assertThat(hex(code)).isEqualTo(encoding.hex);
  }

  @Test
  void noVectorInstructionLacksAGoldenLine() {
    Set<String> written =
        Arrays.stream(Assembler.class.getDeclaredMethods())
            .map(method -> method.getName())
            .filter(name -> name.startsWith("v") && !name.startsWith("vex"))
            .collect(Collectors.toCollection(TreeSet::new));
    Set<String> golden =
        GOLDEN
            .lines()
            .map(line -> line.split(" ")[0])
            .filter(name -> name.startsWith("v"))
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(golden).isEqualTo(written);
  }

  @Test
  void jumpsReachLabelsBoundBeforeAndAfterThem() {
    Assembler code = new Assembler();
    var before = new Assembler.Label();
    var after = new Assembler.Label();
    code.bind(before);
    code.jumpIfLess(after);
    code.jumpIfZero(after);
    code.jumpIfNotZero(before);
    code.jump(before);
    code.bind(after);
    code.ret();
    assertThat(hex(code))
        .isEqualTo(
            "0f 8c 11 00 00 00 " // jl  +17, over what follows
                + "0f 84 0b 00 00 00 " // je  +11
                + "0f 85 ee ff ff ff " // jne -18, to the start
                + "e9 e9 ff ff ff " // jmp -23
                + "c3");
  }

  private static String hex(Assembler code) {
    return HexFormat.ofDelimiter(" ").formatHex(code.assemble());
  }
}
