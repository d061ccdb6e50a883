package platform.deepseek.inference.ort;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.model.OnnxGraph;
import platform.deepseek.inference.model.OnnxType;

class OrtSessionTest {

  private static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  private final Arena arena = Arena.ofShared();

  @AfterEach
  void free() {
    arena.close();
  }

  @Test
  void operatorOfOursComputesInsideTheGraph() {
    try (OrtSession session = load("Negate")) {
      assertThat(run(session, 1, -2, 3)).containsExactly(-1, 2, -3);
    }
  }

  @Test
  void unknownOperatorIsNamedInTheMessage() {
    assertThatThrownBy(() -> load("Nonsense"))
        .isInstanceOf(OrtException.class)
        .hasMessageContaining("Nonsense");
  }

  @Test
  void bytesThatAreNoModelAreRefused() {
    assertThatThrownBy(() -> OrtSession.load(new byte[] {1, 2, 3}, domain(), Map.of(), 1, Map.of()))
        .isInstanceOf(OrtException.class);
  }

  @Test
  void failureOfAnOperatorSurfacesAndTheSessionWorksAfterwards() {
    try (OrtSession session = load("Negate")) {
      assertThatThrownBy(() -> run(session, 1, 13, 3))
          .isInstanceOf(OrtException.class)
          .hasMessageContaining("Negate")
          .hasMessageContaining("13 is unlucky");
      assertThat(run(session, 4, 5, 6)).containsExactly(-4, -5, -6);
    }
  }

  @Test
  void tensorLargerThanItsMemoryIsRefused() {
    MemorySegment data = arena.allocate(12);
    assertThatThrownBy(() -> OrtTensor.over(arena, data, ElementType.FLOAT, 2, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a tensor of 16 bytes over 12 bytes of memory");
  }

  @Test
  void missingLibraryIsReportedWithWhatToSet() throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Ddeepseek.ort.library=/nowhere/libonnxruntime.so",
                "-cp",
                System.getProperty("java.class.path"),
                Start.class.getName())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isNotZero();
    assertThat(output)
        .contains(
            "cannot load /nowhere/libonnxruntime.so;"
                + " set DEEPSEEK_ORT_LIBRARY to a libonnxruntime.so of version 1.29.0");
  }

  /** What the child process runs: the first use of the library. */
  static final class Start {
    private Start() {}

    public static void main(String[] arguments) {
      System.out.println(OrtEnvironment.HANDLE);
    }
  }

  private OrtSession load(String operator) {
    OnnxGraph graph = new OnnxGraph("test");
    graph.input("x", OnnxType.FLOAT, "rows", 1);
    graph.node(operator, OnnxGraph.DEEPSEEK, List.of("x"), List.of("y"));
    graph.output("y", OnnxType.FLOAT, "rows", 1);
    return OrtSession.load(graph.toBytes(), domain(), Map.of(), 2, Map.of());
  }

  private OperatorDomain domain() {
    return OperatorDomain.create(
        arena,
        OnnxGraph.DEEPSEEK,
        ExecutionProvider.CPU,
        List.of(
            new CustomOperator(
                "Negate",
                List.of(ElementType.FLOAT),
                0,
                List.of(ElementType.FLOAT),
                info -> OrtSessionTest::negate)));
  }

  /** On several threads, and not for everybody. */
  private static void negate(KernelContext context) {
    int rows = context.rows(0);
    long x = context.input(0);
    long y = context.output(0, rows, 1);
    context.parallel(
        rows,
        row -> {
          float value = MEMORY.get(ValueLayout.JAVA_FLOAT, x + 4L * row);
          if (value == 13) {
            throw new IllegalArgumentException("13 is unlucky");
          }
          MEMORY.set(ValueLayout.JAVA_FLOAT, y + 4L * row, -value);
        });
  }

  private static float[] run(OrtSession session, float... x) {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment input = call.allocateFrom(ValueLayout.JAVA_FLOAT, x);
      MemorySegment output = call.allocate(ValueLayout.JAVA_FLOAT, x.length);
      session.run(
          Map.of("x", OrtTensor.over(call, input, ElementType.FLOAT, x.length, 1)),
          Map.of("y", OrtTensor.over(call, output, ElementType.FLOAT, x.length, 1)));
      return output.toArray(ValueLayout.JAVA_FLOAT);
    }
  }
}
