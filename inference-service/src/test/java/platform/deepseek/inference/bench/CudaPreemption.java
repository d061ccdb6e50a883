package platform.deepseek.inference.bench;

import static platform.deepseek.inference.bench.CudaCheck.require;
import static platform.deepseek.inference.bench.CudaCheck.say;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.IntStream;
import platform.deepseek.inference.engine.EngineStats;
import platform.deepseek.inference.engine.GenerationRequest;
import platform.deepseek.inference.engine.KvMemory;

/**
 * Engines with memory for a part of their sequences. The youngest lose their slots and begin anew
 * when there is room; every answer has to be the one of an engine with room for all, as far as the
 * best token is clearly the best, and afterwards the device has back what it gave.
 */
final class CudaPreemption {

  private static final double CERTAIN_MARGIN = 0.5;
  private static final long FLAT_BYTES = 64L << 20;

  /**
   * ONNX Runtime's arena keeps pieces for steps of each size that came, and which sizes come is a
   * matter of timing: it grows for some rounds and stops. A leak takes in every round.
   */
  private static final int MOST_ROUNDS = 8;

  /** The part of what all sequences together need that a short engine has. */
  private static final int PART = 3;

  /** What an engine is short of. */
  private enum Short {
    NOTHING,
    /** The scheduler takes slots away before a step. */
    BLOCKS,
    /** Likewise, and what was computed stays as a prefix as long as there is room. */
    BLOCKS_BESIDE_PREFIXES,
    /** Behind blocks that were granted: a step fails for want of memory. */
    PAGES
  }

  /** Opens the model. */
  interface Opening {
    CudaEngine open(CudaEngine.Size size, boolean prefixReuse);
  }

  private final Opening opening;
  private final List<GenerationRequest> requests;
  private final long pageBytes;
  private final int tokensPerStep;
  private final int mostCertain;
  private List<Answer> right;

  /**
   * @param prompts whose answers do not have room together
   * @param answerTokens of each
   * @param pageBytes in which the device maps memory
   * @param mostCertain answers that may part where one token is clearly best; of a mixture, in
   *     which rounding takes another expert where two are equally good, a few
   */
  CudaPreemption(
      Opening opening,
      List<int[]> prompts,
      int answerTokens,
      int tokensPerStep,
      long pageBytes,
      int mostCertain) {
    this.opening = opening;
    this.tokensPerStep = tokensPerStep;
    this.pageBytes = pageBytes;
    this.requests =
        prompts.stream()
            .map(prompt -> Load.request(prompt, answerTokens, Load.greedyWithMargins()))
            .toList();
    this.mostCertain = mostCertain;
  }

  /**
   * Pieces of texts.
   *
   * @param most tokens of a prompt; the fewest are half of it
   */
  static List<int[]> prompts(List<int[]> texts, int count, int most) {
    Random random = new Random(12);
    List<int[]> prompts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int[] text = texts.get(i % texts.size());
      int from = random.nextInt(text.length);
      prompts.add(
          IntStream.range(0, random.nextInt(most / 2, most + 1))
              .map(at -> text[(from + at) % text.length])
              .toArray());
    }
    return prompts;
  }

  void run() throws InterruptedException {
    long tokenBytes = 0;
    for (Short memory : Short.values()) {
      boolean prefixReuse = memory == Short.BLOCKS_BESIDE_PREFIXES;
      try (CudaEngine model = opening.open(size(memory, tokenBytes), prefixReuse)) {
        tokenBytes = model.bytesPerToken();
        run(model, memory);
      }
    }
  }

  private CudaEngine.Size size(Short memory, long tokenBytes) {
    int longest = requests.stream().mapToInt(CudaPreemption::tokens).max().orElseThrow();
    CudaEngine.Size room = new CudaEngine.Size(longest, requests.size(), tokensPerStep);
    return switch (memory) {
      case NOTHING -> room;
      case BLOCKS, BLOCKS_BESIDE_PREFIXES ->
          new CudaEngine.Size(
              room.context(),
              room.batch(),
              room.tokensPerStep(),
              Math.toIntExact(part(CudaEngine.BLOCK_TOKENS)),
              room.kvBytes());
      case PAGES ->
          new CudaEngine.Size(
              room.context(),
              room.batch(),
              room.tokensPerStep(),
              room.kvBlocks(),
              part((double) pageBytes / tokenBytes) * pageBytes);
    };
  }

  /** Units of so many tokens: a part of what all need, and enough for the longest alone. */
  private long part(double unit) {
    long all = 0;
    long longest = 0;
    for (GenerationRequest request : requests) {
      // One token is written behind the last one.
      long units = (long) Math.ceil((tokens(request) + CudaEngine.BLOCK_TOKENS) / unit);
      all += units;
      longest = Math.max(longest, units);
    }
    return Math.max(longest, all / PART);
  }

  private void run(CudaEngine model, Short memory) throws InterruptedException {
    // Nothing but the scratch slot's.
    KvMemory idle = model.kvMemory();
    if (memory == Short.NOTHING) {
      right = Load.run(model.engine(), requests);
      CudaMemory.awaitIdle(model);
      require(model.steps().preemptions() == 0, "an engine with room preempted");
      say(
          "%d sequences of %d to %d tokens with room for all",
          requests.size(),
          requests.stream().mapToInt(CudaPreemption::tokens).min().orElseThrow(),
          requests.stream().mapToInt(CudaPreemption::tokens).max().orElseThrow());
      requireGivenBack(model, idle);
      return;
    }
    long workspace = 0;
    for (int round = 1; ; round++) {
      int before = model.steps().preemptions();
      List<Answer> answers = Load.run(model.engine(), requests);
      CudaMemory.awaitIdle(model);
      int preemptions = model.steps().preemptions() - before;
      require(preemptions > 0, "nobody lost a slot, so there was room");
      compare(memory, answers, preemptions);
      if (memory != Short.BLOCKS_BESIDE_PREFIXES) {
        requireGivenBack(model, idle);
      }
      model.checkIntegrity();
      long more = model.workspace() - workspace;
      workspace += more;
      require(
          workspace <= model.plannedWorkspace(),
          "a workspace of %,d bytes, %,d are planned",
          workspace,
          model.plannedWorkspace());
      if (round > 1 && more <= FLAT_BYTES) {
        say(
            "workspace: %,d MiB after %d rounds, %d MiB more than after the one before; planned %,d",
            workspace >> 20, round, more >> 20, model.plannedWorkspace() >> 20);
        return;
      }
      require(round < MOST_ROUNDS, "round %d still took %,d bytes", round, more);
    }
  }

  private static int tokens(GenerationRequest request) {
    return request.prompt().length + request.maxTokens();
  }

  private void compare(Short memory, List<Answer> answers, int preemptions) {
    int same = 0;
    int certain = 0;
    long compared = 0;
    for (int i = 0; i < answers.size(); i++) {
      Answer answer = answers.get(i);
      int most = requests.get(i).maxTokens();
      require(answer.count() == most, "answer %d has %d tokens", i, answer.count());
      int parting = Arrays.mismatch(right.get(i).tokens(), answer.tokens());
      compared += parting < 0 ? most : parting;
      if (parting < 0) {
        same++;
        continue;
      }
      double margin = right.get(i).margin(parting);
      if (!(margin <= CERTAIN_MARGIN)) {
        certain++;
        say("answer %d parts at token %d of %d, margin %.3f", i, parting, most, margin);
      }
    }
    say(
        "short of %s: slots given up %d times; %d of %d answers the same, %d part not at small"
            + " margins; %,d tokens compared",
        memory.name().toLowerCase(Locale.ROOT).replace('_', ' '),
        preemptions,
        same,
        answers.size(),
        certain,
        compared);
    require(certain <= mostCertain, "%d answers part at large margins", certain);
  }

  /** Of an engine that keeps no prefixes. */
  private static void requireGivenBack(CudaEngine model, KvMemory idle) {
    EngineStats stats = model.engine().stats();
    require(
        model.kvMemory().equals(idle) && stats.kvBlocksUsed() == 0 && stats.kvBlocksCached() == 0,
        "%s before and %s now, with %d blocks used and %d cached",
        idle,
        model.kvMemory(),
        stats.kvBlocksUsed(),
        stats.kvBlocksCached());
    say("given back: %,d bytes mapped as before, no block used", idle.mappedBytes());
  }
}
