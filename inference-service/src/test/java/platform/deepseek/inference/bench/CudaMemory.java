package platform.deepseek.inference.bench;

import static platform.deepseek.inference.bench.CudaCheck.require;
import static platform.deepseek.inference.bench.CudaCheck.say;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import platform.deepseek.inference.engine.GenerationRequest;
import platform.deepseek.inference.engine.KvMemory;
import platform.deepseek.inference.engine.Submission;

/** What keys and values take of the device, and when it comes back. */
final class CudaMemory {

  private static final double MOST_MAPPED = 1.1;

  /** Of the longest sequence: below it a page is much of one. */
  private static final long LEAST_JUDGED_BYTES = 32L << 20;

  private static final long POLL_NANOS = 1_000_000;

  private CudaMemory() {}

  /**
   * Lets sequences of mixed lengths run, compares the memory they took with what their tokens need,
   * and cancels them all.
   *
   * @param longest tokens of a sequence at most
   * @param secondsToFree in which the engine has to be idle again
   */
  static void measure(CudaEngine model, int sequences, int longest, double secondsToFree)
      throws InterruptedException {
    Random random = new Random(21);
    // Workspaces of the largest steps are taken before the counting begins.
    Load.run(model.engine(), requests(model, random, sequences, longest, 2));
    awaitIdle(model);
    List<Answer> answers = new ArrayList<>();
    List<Submission> submissions = new ArrayList<>();
    List<GenerationRequest> requests = requests(model, random, sequences, longest, longest / 4);
    for (GenerationRequest request : requests) {
      Answer answer = new Answer(request.maxTokens());
      answers.add(answer);
      submissions.add(model.engine().submit(request, answer));
    }
    int enough = longest / 8;
    await("every sequence to have its tokens", () -> all(answers, enough), 120);
    KvMemory taken = model.kvMemory();
    long cancelled = System.nanoTime();
    submissions.forEach(Submission::cancel);
    awaitIdle(model);
    double seconds = (System.nanoTime() - cancelled) / 1e9;
    double ratio = (double) taken.mappedBytes() / taken.usedBytes();
    say(
        "%d sequences of %,d tokens: %,d MiB of keys and values mapped, %,d MiB used: %.3f",
        sequences,
        taken.usedBytes() / model.bytesPerToken(),
        taken.mappedBytes() >> 20,
        taken.usedBytes() >> 20,
        ratio);
    say("cancelled together: idle after %.3f s", seconds);
    require(seconds <= secondsToFree, "cancelling took %.2f s", seconds);
    // A tiny model's sequences do not fill a page each.
    require(
        ratio <= MOST_MAPPED || longest * model.bytesPerToken() < LEAST_JUDGED_BYTES,
        "%.3f times what is used is mapped",
        ratio);
  }

  private static List<GenerationRequest> requests(
      CudaEngine model, Random random, int count, int longest, int tokens) {
    List<GenerationRequest> requests = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int length = 1 + random.nextInt(longest - longest / 4 - 1);
      requests.add(
          Load.request(
              Load.randomPrompt(random, length, model.vocabulary()),
              tokens,
              Load.sampling(i % 2, 0.95f, i)));
    }
    return requests;
  }

  private static boolean all(List<Answer> answers, int tokens) {
    return answers.stream().allMatch(answer -> answer.count() >= tokens);
  }

  /** Waits until nothing runs. */
  static void awaitIdle(CudaEngine model) throws InterruptedException {
    await(
        "the engine to be idle",
        () -> model.engine().stats().running() + model.engine().stats().waiting() == 0,
        60);
  }

  /** A condition that another thread makes true. */
  interface Condition {
    boolean holds();
  }

  static void await(String what, Condition condition, int seconds) throws InterruptedException {
    long deadline = System.nanoTime() + seconds * 1_000_000_000L;
    while (!condition.holds()) {
      require(System.nanoTime() < deadline, "waited %d s for %s", seconds, what);
      LockSupport.parkNanos(POLL_NANOS);
    }
  }
}
