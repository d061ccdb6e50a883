package platform.deepseek.inference.serving;

import java.time.Duration;
import java.util.List;
import platform.deepseek.inference.api.ServedGpu;
import platform.deepseek.inference.engine.ModelRunner;

/**
 * Runners, one for each device, with how they are driven and what the log and the fingerprint say.
 *
 * @param maxBatch sequences of a step at most, of each runner
 * @param tokensPerStep likewise
 * @param kvBlocks that all sequences of a runner may fill; 0: as many as the slots hold
 * @param numbers precision, and the device where that is not the processor
 * @param place what computes
 * @param targetStep how long steps take at best while answers run; zero: as long as they like
 * @param gpus empty on the processor
 */
record LoadedModel(
    List<ModelRunner> runners,
    int maxBatch,
    int tokensPerStep,
    int kvBlocks,
    String numbers,
    String place,
    Duration targetStep,
    List<ServedGpu> gpus) {

  LoadedModel {
    runners = List.copyOf(runners);
  }

  int context() {
    return runners.getFirst().contextLength();
  }

  /** Slots of all runners. */
  int slots() {
    return runners.stream().mapToInt(ModelRunner::slots).sum();
  }
}
