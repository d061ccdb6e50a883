package platform.deepseek.inference.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import platform.deepseek.inference.engine.GenerationRequest;
import platform.deepseek.inference.engine.Sequence;
import platform.deepseek.inference.engine.Step;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.model.ModelWeights;
import platform.deepseek.inference.runner.CpuModelRunner;
import platform.deepseek.inference.runner.Precision;
import platform.deepseek.inference.sampling.SamplingParams;
import platform.deepseek.inference.weights.Checkpoint;

/**
 * Whether cost follows active parameters: two mixtures of the same shape, the second with eight
 * times the experts, decode in turns. Random weights, made in a folder that is given. Rounds that
 * are not counted come first: the thread that computes compiles its loops while it meets them, and
 * the model measured first would pay for both.
 *
 * <p>Arguments: FOLDER THREADS, and by environment LAYERS (6) and CLOCK. Prints, for one sequence
 * and for eight together, the tokens per second of both and their ratio, and how fast prompts are.
 * CLOCK=cpu counts the time of the thread that runs the session instead of the wall's, for a
 * machine that others use too; it means something with one thread.
 */
public final class ExpertsBench {

  private static final RandomMixture.Shape SHAPE =
      new RandomMixture.Shape(
          Integer.parseInt(System.getenv().getOrDefault("LAYERS", "6")),
          1024,
          2816,
          8,
          256,
          8,
          4,
          512,
          8192);

  private static final boolean CPU_CLOCK = "cpu".equals(System.getenv("CLOCK"));

  private static final int TIMES = 8;
  private static final int PROMPT = 128;
  private static final int STEPS = 48;
  private static final int ROUNDS = 5;
  private static final int WARM_UP_ROUNDS = 2;
  private static final int[] BATCHES = {1, 8};

  private ExpertsBench() {}

  /** Measures both kinds of mixtures. */
  public static void main(String[] args) throws IOException {
    Path folder = Path.of(args[0]);
    int threads = Integer.parseInt(args[1]);
    for (String kind : List.of("deepseek", "qwen")) {
      Path few = folder.resolve(kind + "-few");
      Path many = folder.resolve(kind + "-many");
      write(kind, few, SHAPE);
      write(kind, many, SHAPE.withExperts(TIMES * SHAPE.experts()));
      try (Model first = Model.open(few, threads);
          Model second = Model.open(many, threads)) {
        compare(kind, first, second);
      }
    }
  }

  private static void write(String kind, Path folder, RandomMixture.Shape shape)
      throws IOException {
    if (kind.equals("deepseek")) {
      RandomMixture.writeDeepseek(folder, shape);
    } else {
      RandomMixture.writeQwen(folder, shape);
    }
  }

  private static void compare(String kind, Model few, Model many) {
    for (int batch : BATCHES) {
      for (int round = 0; round < WARM_UP_ROUNDS; round++) {
        few.decode(batch);
        many.decode(batch);
      }
      List<Double> ofFew = new ArrayList<>();
      List<Double> ofMany = new ArrayList<>();
      List<Double> ratios = new ArrayList<>();
      for (int round = 0; round < ROUNDS; round++) {
        ofFew.add(few.decode(batch));
        ofMany.add(many.decode(batch));
        ratios.add(ofMany.getLast() / ofFew.getLast());
      }
      System.out.printf(
          Locale.ROOT,
          "{\"kind\":\"%s\",\"batch\":%d,\"experts\":%d,\"decode\":%.1f,"
              + "\"timesExperts\":%d,\"decodeWithThem\":%.1f,\"ratio\":%.3f,\"ratios\":%s}%n",
          kind,
          batch,
          SHAPE.experts(),
          median(ofFew),
          TIMES,
          median(ofMany),
          median(ratios),
          ratios.stream().map(ratio -> "%.3f".formatted(ratio)).toList());
    }
    System.out.printf(
        Locale.ROOT,
        "{\"kind\":\"%s\",\"prompt\":%d,\"prefill\":%.1f,\"prefillWithThem\":%.1f}%n",
        kind,
        PROMPT,
        few.prefill(),
        many.prefill());
  }

  private static long now() {
    return CPU_CLOCK
        ? ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime()
        : System.nanoTime();
  }

  private static double median(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    return sorted[sorted.length / 2];
  }

  /** A loaded model and its sequences. */
  private record Model(Checkpoint checkpoint, CpuModelRunner runner) implements AutoCloseable {

    static Model open(Path folder, int threads) {
      Checkpoint checkpoint = Checkpoint.open(folder);
      ModelConfig config = ModelConfig.fromHuggingFace(folder);
      var limits = new CpuModelRunner.Limits(PROMPT + STEPS + 16, 8, PROMPT * 8, threads);
      return new Model(
          checkpoint,
          CpuModelRunner.load(
              new ModelWeights(config, checkpoint), Precision.INT8, limits, packed -> {}));
    }

    /** Tokens per second of so many sequences together, from the median step. */
    double decode(int batch) {
      List<Sequence> sequences = new ArrayList<>();
      for (int slot = 0; slot < batch; slot++) {
        sequences.add(start(slot));
        step(List.of(new Step.Entry(sequences.getLast(), 0, PROMPT, true, false)));
      }
      double[] seconds = new double[STEPS];
      for (int i = 0; i < STEPS; i++) {
        long begun = now();
        step(
            sequences.stream()
                .map(sequence -> new Step.Entry(sequence, sequence.computed(), 1, true, false))
                .toList());
        seconds[i] = (now() - begun) / 1e9;
      }
      Arrays.sort(seconds);
      return batch / seconds[STEPS / 2];
    }

    /** Tokens per second of a prompt, the best of some. */
    double prefill() {
      double best = 0;
      for (int round = 0; round < ROUNDS; round++) {
        Sequence sequence = start(0);
        long begun = now();
        step(List.of(new Step.Entry(sequence, 0, PROMPT, true, false)));
        best = Math.max(best, PROMPT / ((now() - begun) / 1e9));
      }
      return best;
    }

    private static Sequence start(int slot) {
      int[] prompt = new int[PROMPT];
      for (int i = 0; i < PROMPT; i++) {
        prompt[i] = (i * 7919 + slot * 131) % 900 + 1;
      }
      Sequence sequence =
          new Sequence(
              new GenerationRequest(
                  prompt,
                  STEPS + 1,
                  SamplingParams.GREEDY,
                  Set.of(),
                  "",
                  false,
                  Duration.ofMinutes(10)),
              16);
      sequence.start(slot, 0);
      return sequence;
    }

    private void step(List<Step.Entry> entries) {
      var results = runner.start(new Step(entries)).await().results();
      for (int e = 0; e < entries.size(); e++) {
        Sequence sequence = entries.get(e).sequence();
        sequence.advance(entries.get(e).from() + entries.get(e).count());
        sequence.append(results.get(e).sample().token());
      }
    }

    @Override
    public void close() {
      runner.close();
      checkpoint.close();
    }
  }
}
