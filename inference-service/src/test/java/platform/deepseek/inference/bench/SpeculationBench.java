package platform.deepseek.inference.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import platform.deepseek.inference.engine.Engine;
import platform.deepseek.inference.engine.EngineConfig;
import platform.deepseek.inference.engine.EngineObserver;
import platform.deepseek.inference.engine.GenerationRequest;
import platform.deepseek.inference.engine.Sequence;
import platform.deepseek.inference.engine.Step;
import platform.deepseek.inference.engine.draft.Draft;
import platform.deepseek.inference.engine.draft.DraftSource;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.model.ModelWeights;
import platform.deepseek.inference.runner.Borrowed;
import platform.deepseek.inference.runner.CpuModelRunner;
import platform.deepseek.inference.runner.Precision;
import platform.deepseek.inference.sampling.SamplingParams;
import platform.deepseek.inference.weights.GgufFile;

/**
 * What speculation brings and what it costs: answers that copy their prompt, answers that were
 * predicted, answers that are neither, and predictions that are wrong, each with and without drafts
 * in turns. The same answers are required of both.
 *
 * <p>Arguments: MODEL (a .gguf file of SmolLM2) THREADS TOKENS ROUNDS. Prints a table; a gain is
 * the median of the rounds' ratios.
 */
public final class SpeculationBench {

  private static final int SEQUENCES = 4;
  private static final int CONTEXT = 1024;
  private static final int PROMPT = 160;

  private final CpuModelRunner runner;
  private final int tokens;
  private final int rounds;
  private final int[] text;

  private SpeculationBench(CpuModelRunner runner, int tokens, int rounds, int[] text) {
    this.runner = runner;
    this.tokens = tokens;
    this.rounds = rounds;
    this.text = text;
  }

  /** Requests of one kind. */
  private record Kind(String name, List<GenerationRequest> requests) {}

  /** What a run brought. */
  private record Run(double seconds, List<int[]> answers, int drafted, int accepted) {}

  public static void main(String[] args) throws Exception {
    try (GgufFile file = GgufFile.open(Path.of(args[0]))) {
      ModelConfig config = ModelConfig.fromGguf(file);
      try (CpuModelRunner runner =
          CpuModelRunner.load(
              new ModelWeights(config, file),
              Precision.AUTO,
              new CpuModelRunner.Limits(CONTEXT, SEQUENCES, 256, Integer.parseInt(args[1])),
              packed -> {})) {
        new SpeculationBench(runner, Integer.parseInt(args[2]), Integer.parseInt(args[3]), text())
            .measure();
      }
    }
  }

  private static int[] text() throws IOException {
    try (InputStream json =
        SpeculationBench.class.getResourceAsStream("/fixtures/smollm2/nll.json")) {
      JsonNode ids = new ObjectMapper().readTree(json).get("ids");
      return StreamSupport.stream(ids.spliterator(), false).mapToInt(JsonNode::intValue).toArray();
    }
  }

  private void measure() throws InterruptedException {
    printRowPrices();
    System.out.printf(
        "%n| answers of %d tokens | sequences | tokens/s without | with | gain | drafted | right |"
            + "%n|---|---|---|---|---|---|---|%n",
        tokens);
    for (int sequences : new int[] {1, SEQUENCES}) {
      for (Kind kind : kinds(sequences)) {
        measure(kind, sequences);
      }
    }
  }

  /** How long a step of one sequence takes by its rows, all of whose logits are wanted. */
  private void printRowPrices() {
    var sequence =
        new Sequence(Load.request(Arrays.copyOf(text, PROMPT), 64, SamplingParams.GREEDY), 16);
    sequence.start(0, 0);
    runner.start(new Step(List.of(new Step.Entry(sequence, 0, PROMPT, true, false)))).await();
    System.out.println("| rows of a step | ms | times one row |");
    System.out.println("|---|---|---|");
    double[][] millis = new double[9][21];
    for (int round = 0; round < millis[0].length; round++) {
      for (int rows : new int[] {1, 2, 4, 8}) {
        // A draft that is never right, so that one row is sampled whatever their number.
        var draft =
            new Draft(DraftSource.PREDICTION, IntStream.range(1, rows).mapToObj(i -> 0).toList());
        var entry = new Step.Entry(sequence, PROMPT - 1, rows, true, false, false, false, 0, draft);
        long begun = System.nanoTime();
        runner.start(new Step(List.of(entry))).await();
        millis[rows][round] = (System.nanoTime() - begun) / 1e6;
      }
    }
    for (int rows : new int[] {1, 2, 4, 8}) {
      System.out.printf(
          Locale.ROOT,
          "| %d | %.2f | %.2f |%n",
          rows,
          median(millis[rows]),
          median(millis[rows]) / median(millis[1]));
    }
  }

  private List<Kind> kinds(int sequences) throws InterruptedException {
    List<GenerationRequest> copies = new ArrayList<>();
    List<GenerationRequest> drawn = new ArrayList<>();
    for (int i = 0; i < sequences; i++) {
      int[] passage = Arrays.copyOfRange(text, 200 * i, 200 * i + PROMPT);
      int[] begun = Arrays.copyOf(passage, PROMPT + 24);
      System.arraycopy(passage, 0, begun, PROMPT, 24);
      copies.add(Load.request(begun, tokens, SamplingParams.GREEDY));
      drawn.add(Load.request(passage, tokens, Load.sampling(1, 1, i)));
    }
    List<int[]> answers = run(drawn, false).answers();
    List<GenerationRequest> predicted = new ArrayList<>();
    List<GenerationRequest> edited = new ArrayList<>();
    List<GenerationRequest> wrong = new ArrayList<>();
    for (int i = 0; i < sequences; i++) {
      int[] other = answers.get(i).clone();
      for (int at = 15; at < other.length; at += 16) {
        other[at]++;
      }
      predicted.add(drawn.get(i).predicting(answers.get(i)));
      edited.add(drawn.get(i).predicting(other));
      wrong.add(drawn.get(i).predicting(Load.randomPrompt(new Random(i), tokens, 10_000)));
    }
    return List.of(
        new Kind("the prompt's own text, no prediction", copies),
        new Kind("drawn, predicted as it will be", predicted),
        new Kind("drawn, predicted with each 16th token wrong", edited),
        new Kind("drawn, predicted wrong", wrong),
        new Kind("drawn, no prediction", drawn));
  }

  private void measure(Kind kind, int sequences) throws InterruptedException {
    double[] without = new double[rounds];
    double[] with = new double[rounds];
    double[] gains = new double[rounds];
    Run last = null;
    for (int round = 0; round < rounds; round++) {
      Run plain = run(kind.requests(), false);
      last = run(kind.requests(), true);
      without[round] = sequences * tokens / plain.seconds();
      with[round] = sequences * tokens / last.seconds();
      gains[round] = with[round] / without[round];
      for (int i = 0; i < sequences; i++) {
        if (!Arrays.equals(plain.answers().get(i), last.answers().get(i))) {
          throw new IllegalStateException("drafts changed an answer: " + kind.name());
        }
      }
    }
    System.out.printf(
        Locale.ROOT,
        "| %s | %d | %.0f | %.0f | %.2f | %d | %d |%n",
        kind.name(),
        sequences,
        median(without),
        median(with),
        median(gains),
        last.drafted(),
        last.accepted());
  }

  private static double median(double[] values) {
    double[] sorted = Arrays.stream(values).sorted().toArray();
    return sorted[sorted.length / 2];
  }

  /** The time is that of decoding: from the first token of all to the last. */
  private Run run(List<GenerationRequest> requests, boolean speculation)
      throws InterruptedException {
    var counted = new Counted();
    var config = new EngineConfig(SEQUENCES, 256, 64, false, 16, 0, Duration.ZERO, speculation);
    List<Answer> answers;
    try (Engine engine = Engine.start(new Borrowed(runner), config, counted)) {
      answers = Load.run(engine, requests);
    }
    return new Run(
        counted.decoding / 1e9,
        answers.stream().map(Answer::tokens).toList(),
        counted.drafted,
        counted.accepted);
  }

  /** Written on the engine's thread, read when the engine has ended. */
  private static final class Counted implements EngineObserver {

    private long decoding;
    private int drafted;
    private int accepted;

    @Override
    public void stepCompleted(int sequences, int rows, int generated, Duration duration) {
      if (rows < PROMPT / 2) {
        decoding += duration.toNanos();
      }
    }

    @Override
    public void drafted(DraftSource source, int count, int right) {
      drafted += count;
      accepted += right;
    }
  }
}
