package platform.deepseek.inference.bench;

import static platform.deepseek.inference.bench.CudaCheck.say;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import platform.deepseek.inference.engine.GenerationRequest;
import platform.deepseek.inference.sampling.SamplingParams;

/** Tokens per second of the whole engine on a device, with nobody else on it. */
final class CudaSpeed {

  private static final int WARM_UP_TOKENS = 8;
  private static final double MICROS = 1e3;

  /** Prompts of one length that come together. */
  record Prefill(int prompts, int length) {}

  /**
   * What is measured.
   *
   * @param prompt tokens of each prompt before decoding
   * @param steps tokens of each answer
   * @param batches sequences that decode together, ascending
   * @param rounds of each prefill
   */
  record Plan(int prompt, int steps, List<Integer> batches, List<Prefill> prefills, int rounds) {

    int context() {
      int longest = prefills.stream().mapToInt(Prefill::length).max().orElse(0);
      return Math.max(prompt + steps, longest) + 16;
    }
  }

  private final CudaEngine model;
  private final Plan plan;
  private final double copyRate;
  private final Random random = new Random(5);

  private CudaSpeed(CudaEngine model, Plan plan, double copyRate) {
    this.model = model;
    this.plan = plan;
    this.copyRate = copyRate;
  }

  /**
   * @param copyRate bytes per second that a copy within the device reads and writes together
   */
  static void measure(CudaEngine model, Plan plan, double copyRate) throws InterruptedException {
    new CudaSpeed(model, plan, copyRate).all();
  }

  private void all() throws InterruptedException {
    say(
        "loaded %,d MiB in %.2f s, %.2f GB/s",
        model.weightBytes() >> 20,
        model.loadSeconds(),
        model.weightBytes() / model.loadSeconds() / 1e9);
    Load.run(model.engine(), requests(1, plan.prompt(), WARM_UP_TOKENS, SamplingParams.GREEDY));
    for (Prefill prefill : plan.prefills()) {
      prefill(prefill);
    }
    double[] greedy = new double[plan.batches().size()];
    for (int b = 0; b < greedy.length; b++) {
      greedy[b] = decode("greedy", SamplingParams.GREEDY, plan.batches().get(b));
    }
    for (int b = 0; b < greedy.length; b++) {
      double sampled = decode("t0.7 p0.95", Load.sampling(0.7f, 0.95f, 1), plan.batches().get(b));
      say(
          "  at %d a step that samples takes %+.0f us more than a greedy one",
          plan.batches().get(b), (sampled - greedy[b]) * MICROS);
    }
    whole(plan.batches().getLast());
  }

  private List<GenerationRequest> requests(
      int count, int length, int tokens, SamplingParams sampling) {
    return IntStream.range(0, count)
        .mapToObj(
            i ->
                Load.request(
                    Load.randomPrompt(random, length, model.vocabulary()), tokens, sampling))
        .toList();
  }

  /** Prompts with one token each, from the first request to the last token. */
  private void prefill(Prefill prefill) throws InterruptedException {
    List<Double> seconds = new ArrayList<>();
    for (int round = 0; round <= plan.rounds(); round++) {
      List<GenerationRequest> requests =
          requests(prefill.prompts(), prefill.length(), 1, SamplingParams.GREEDY);
      long begun = System.nanoTime();
      Load.run(model.engine(), requests);
      seconds.add((System.nanoTime() - begun) / 1e9);
    }
    // The first may have allocated.
    double[] sorted = seconds.stream().skip(1).mapToDouble(s -> s).sorted().toArray();
    long tokens = (long) prefill.prompts() * prefill.length();
    say(
        "prefill %3d x %4d: %,9.0f tokens/s (median %.2f ms, best %.2f ms: %,.0f tokens/s)",
        prefill.prompts(),
        prefill.length(),
        tokens / sorted[sorted.length / 2],
        sorted[sorted.length / 2] * 1e3,
        sorted[0] * 1e3,
        tokens / sorted[0]);
  }

  /** Returns milliseconds of a step. */
  private double decode(String name, SamplingParams sampling, int batch)
      throws InterruptedException {
    model.steps().watch(batch);
    List<Answer> answers =
        Load.run(model.engine(), requests(batch, plan.prompt(), plan.steps(), sampling));
    double millis = model.steps().medianMillis();
    double limit = limitMillis(batch);
    say(
        "decode %3d %-10s %,9.0f tokens/s (%.3f ms a step, p99 %.3f, %.3f of it in the runner;"
            + " %d steps; reading weights and cache %.3f ms, %.2f of it)",
        batch,
        name,
        batch / millis * 1e3,
        millis,
        model.steps().p99Millis(),
        model.steps().medianRunMillis(),
        model.steps().count(),
        limit,
        limit / millis);
    for (Answer answer : answers) {
      if (answer.count() != plan.steps()) {
        throw new IllegalStateException(
            "an answer of %d tokens, %d were asked for".formatted(answer.count(), plan.steps()));
      }
    }
    return millis;
  }

  /** What a step would take if it did nothing but read its weights, and keys and values. */
  private double limitMillis(int batch) {
    long cache = batch * (plan.prompt() + plan.steps() / 2L) * model.bytesPerToken();
    return (model.weightBytesRead(batch) + cache) / copyRate * 1e3;
  }

  /** Prompts and answers, everything counted, the engine full all the time. */
  private void whole(int batch) throws InterruptedException {
    List<GenerationRequest> requests =
        requests(3 * batch, plan.prompt(), plan.steps(), SamplingParams.GREEDY);
    long begun = System.nanoTime();
    List<Answer> answers = Load.run(model.engine(), requests);
    double seconds = (System.nanoTime() - begun) / 1e9;
    int tokens = answers.stream().map(Answer::tokens).mapToInt(t -> t.length).sum();
    say(
        "whole requests, %d of %d at a time, %d in, %d out: %,.0f tokens/s out, %,.0f in and out",
        requests.size(),
        batch,
        plan.prompt(),
        plan.steps(),
        tokens / seconds,
        (tokens + (double) requests.size() * plan.prompt()) / seconds);
    requireSpread(answers);
  }

  /** A device that computes nothing is very fast. */
  private static void requireSpread(List<Answer> answers) {
    long different =
        answers.stream().map(answer -> Arrays.hashCode(answer.tokens())).distinct().count();
    if (answers.size() > 4 && different < 2) {
      throw new IllegalStateException("every answer is the same: the device computes nothing");
    }
  }
}
