package platform.deepseek.inference.bench;

import static platform.deepseek.inference.bench.CudaCheck.require;
import static platform.deepseek.inference.bench.CudaCheck.say;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import platform.deepseek.inference.cuda.CudaException;
import platform.deepseek.inference.cuda.Device;
import platform.deepseek.inference.cuda.Grid;
import platform.deepseek.inference.cuda.KernelModule;
import platform.deepseek.inference.engine.DeviceLostException;
import platform.deepseek.inference.engine.GenerationRequest;
import platform.deepseek.inference.sampling.SamplingParams;

/** Failures of a real device: memory that somebody else took, and a kernel that breaks it. */
final class CudaFaults {

  private static final int ANSWER = 64;
  private static final long CHUNK = 256L << 20;
  private static final long LEFT = 512L << 20;
  private static final int SECONDS = 60;

  /** Writes where nothing is. */
  private static final String BREAKING =
      """
      .version 7.0
      .target sm_70
      .address_size 64
      .visible .entry breaks(.param .u64 address) {
        .reg .b64 %rd<2>;
        ld.param.u64 %rd1, [address];
        st.global.u64 [%rd1], %rd1;
        ret;
      }
      """;

  private CudaFaults() {}

  /**
   * Takes nearly all memory, lets more sequences come than have room, and gives it back.
   *
   * @param other the same device
   * @param longest tokens of a sequence
   */
  static void memory(CudaEngine model, Device other, int sequences, int longest)
      throws InterruptedException {
    List<GenerationRequest> requests = new ArrayList<>();
    Random random = new Random(5);
    for (int i = 0; i < sequences; i++) {
      int[] prompt = Load.randomPrompt(random, longest - ANSWER, model.vocabulary());
      requests.add(Load.request(prompt, ANSWER, SamplingParams.GREEDY));
    }
    // Workspaces of the largest steps are taken before the memory is short.
    List<Answer> before = Load.run(model.engine(), requests);
    CudaMemory.awaitIdle(model);
    List<Long> taken = take(other);
    long free = other.freeMemory();
    long begun = System.nanoTime();
    int whole = 0;
    int refused = 0;
    List<Answer> answers = requests.stream().map(r -> Load.submit(model.engine(), r)).toList();
    for (Answer answer : answers) {
      if (succeeds(answer)) {
        require(answer.count() == ANSWER, "an answer of %d tokens", answer.count());
        whole++;
      } else {
        refused++;
      }
    }
    double seconds = (System.nanoTime() - begun) / 1e9;
    int lowest = model.engine().stats().batchLimit();
    taken.forEach(other::free);
    say(
        "%d sequences of %,d tokens with %,d MiB left: %d whole, %d refused, %.1f s, batch limit %d"
            + " then",
        sequences, longest, free >> 20, whole, refused, seconds, lowest);
    require(whole > 0, "no sequence had room");
    require(lowest < sequences, "memory did not run out");
    List<Answer> after = Load.run(model.engine(), requests);
    int same = 0;
    for (int i = 0; i < sequences; i++) {
      require(after.get(i).count() == ANSWER, "an answer is not whole");
      same += Arrays.equals(after.get(i).tokens(), before.get(i).tokens()) ? 1 : 0;
    }
    say("the memory given back: all whole, %d of %d answers as before", same, sequences);
  }

  private static List<Long> take(Device device) {
    List<Long> taken = new ArrayList<>();
    while (device.freeMemory() > LEFT + CHUNK) {
      try {
        taken.add(device.allocate(CHUNK));
      } catch (CudaException e) {
        if (!e.outOfMemory()) {
          throw e;
        }
        return taken;
      }
    }
    return taken;
  }

  /** Whether an answer ended well; what it is refused with must be about memory. */
  private static boolean succeeds(Answer answer) throws InterruptedException {
    try {
      answer.ended().get(SECONDS, TimeUnit.SECONDS);
      return true;
    } catch (ExecutionException e) {
      String told = e.getCause().getMessage();
      require(told.contains("memory"), "refused otherwise: %s", told);
      return false;
    } catch (TimeoutException e) {
      throw new IllegalStateException("an answer has not ended", e);
    }
  }

  /** Breaks the device under running answers: all have to end, and the engine with them. */
  static void loss(CudaEngine model, Device other) throws Exception {
    List<Answer> answers = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      int[] prompt = Load.randomPrompt(new Random(i), 16, model.vocabulary());
      answers.add(Load.submit(model.engine(), Load.request(prompt, 1024, SamplingParams.GREEDY)));
    }
    CudaMemory.await(
        "answers to begin", () -> answers.stream().allMatch(answer -> answer.count() > 8), SECONDS);
    KernelModule module = other.load(BREAKING);
    other.launch(module.kernel("breaks"), new Grid(1, 1, 1, 1, 0), 4096);
    DeviceLostException lost = model.lost().get(SECONDS, TimeUnit.SECONDS);
    int ended = 0;
    for (Answer answer : answers) {
      try {
        answer.ended().get(SECONDS, TimeUnit.SECONDS);
      } catch (ExecutionException e) {
        ended++;
      }
    }
    require(ended == answers.size(), "%d of %d answers failed", ended, answers.size());
    say("a broken device: %d answers ended, the engine with \"%s\"", ended, lost.getMessage());
  }
}
