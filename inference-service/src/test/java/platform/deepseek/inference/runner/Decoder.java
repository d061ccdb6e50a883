package platform.deepseek.inference.runner;

import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import platform.deepseek.inference.engine.GenerationRequest;
import platform.deepseek.inference.engine.Sequence;
import platform.deepseek.inference.engine.Step;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.model.ModelWeights;
import platform.deepseek.inference.sampling.SamplingParams;
import platform.deepseek.inference.weights.Checkpoint;
import platform.deepseek.inference.weights.GgufFile;
import platform.deepseek.inference.weights.SafetensorsFile;
import platform.deepseek.inference.weights.ShardedSafetensors;

/** A runner with its checkpoint, driven by hand: the test plays scheduler. */
final class Decoder implements AutoCloseable {

  private final Checkpoint checkpoint;
  final CpuModelRunner runner;

  private Decoder(Checkpoint checkpoint, CpuModelRunner runner) {
    this.checkpoint = checkpoint;
    this.runner = runner;
  }

  static Decoder open(Path model, Precision precision, CpuModelRunner.Limits limits) {
    Checkpoint checkpoint;
    ModelConfig config;
    if (model.toString().endsWith(".gguf")) {
      GgufFile file = GgufFile.open(model);
      config = ModelConfig.fromGguf(file);
      checkpoint = file;
    } else {
      checkpoint =
          Files.exists(model.resolve("model.safetensors.index.json"))
              ? ShardedSafetensors.open(model.resolve("model.safetensors.index.json"))
              : SafetensorsFile.open(model.resolve("model.safetensors"));
      config = ModelConfig.fromHuggingFace(model);
    }
    ModelWeights weights = new ModelWeights(config, checkpoint);
    return new Decoder(checkpoint, CpuModelRunner.load(weights, precision, limits, n -> {}));
  }

  /** A sequence in a slot with nothing computed. */
  Sequence start(int slot, int[] prompt) {
    Sequence sequence =
        new Sequence(
            new GenerationRequest(
                prompt, 1, SamplingParams.GREEDY, Set.of(), "", false, Duration.ofMinutes(1)),
            16);
    sequence.start(slot, 0);
    return sequence;
  }

  /** A sequence whose prompt is to be embedded, in a slot with nothing computed. */
  Sequence startEmbedding(int slot, int[] prompt) {
    Sequence sequence =
        new Sequence(GenerationRequest.embedding(prompt, "", Duration.ofMinutes(1)), 16);
    sequence.start(slot, 0);
    return sequence;
  }

  /** The sum of a prompt's hidden states, computed in chunks. */
  double[] hiddenSum(int slot, int[] prompt, int chunk) {
    Sequence sequence = startEmbedding(slot, prompt);
    for (int from = 0; from < prompt.length; from += chunk) {
      int count = Math.min(chunk, prompt.length - from);
      step(List.of(new Step.Entry(sequence, from, count, false, false, true)));
    }
    return sequence.hiddenSum();
  }

  /** Computes all known tokens in one step. */
  int next(Sequence sequence) {
    int from = sequence.computed();
    return step(List.of(new Step.Entry(sequence, from, sequence.known() - from, true, false)))[0];
  }

  /** Computes all known tokens in chunks, and the next one with the last. */
  int prefill(Sequence sequence, int chunk) {
    int token = -1;
    int known = sequence.known();
    for (int from = sequence.computed(); from < known; from += chunk) {
      int count = Math.min(chunk, known - from);
      boolean last = from + count == known;
      token = step(List.of(new Step.Entry(sequence, from, count, last, false)))[0];
    }
    return token;
  }

  /** Runs entries; sequences advance and take their samples. Returns the samples, -1 for none. */
  int[] step(List<Step.Entry> entries) {
    var results = runner.start(new Step(entries)).await().results();
    int[] samples = new int[entries.size()];
    for (int e = 0; e < samples.length; e++) {
      Step.Entry entry = entries.get(e);
      entry.sequence().advance(entry.from() + entry.count());
      entry.sequence().summed(results.get(e).hiddenSum());
      samples[e] = -1;
      if (entry.samples()) {
        samples[e] = results.get(e).sample().token();
        entry.sequence().append(samples[e]);
      }
    }
    return samples;
  }

  /** Logits after the prompt's last token. */
  float[] lastLogits(int[] prompt) {
    next(start(0, prompt));
    return logits(0);
  }

  float[] logits(int output) {
    return runner.logits(output).toArray(ValueLayout.JAVA_FLOAT);
  }

  int[] greedy(int[] prompt, int tokens) {
    Sequence sequence = start(0, prompt);
    int[] out = new int[tokens];
    for (int i = 0; i < tokens; i++) {
      out[i] = next(sequence);
    }
    return out;
  }

  /** What {@link #greedy} gives for each prompt, decoded in one batch; slot i is prompt i's. */
  List<int[]> greedyTogether(List<int[]> prompts, int tokens) {
    List<Sequence> sequences = new ArrayList<>();
    for (int slot = 0; slot < prompts.size(); slot++) {
      sequences.add(start(slot, prompts.get(slot)));
      next(sequences.getLast());
    }
    for (int i = 1; i < tokens; i++) {
      step(
          sequences.stream()
              .map(sequence -> new Step.Entry(sequence, sequence.computed(), 1, true, false))
              .toList());
    }
    return sequences.stream().map(Decoder::generated).toList();
  }

  static int[] generated(Sequence sequence) {
    int prompt = sequence.promptLength();
    return IntStream.range(prompt, prompt + sequence.generated()).map(sequence::token).toArray();
  }

  /** Negative log-likelihood of tokens 1 and on, summed. */
  double negativeLogLikelihood(int[] tokens) {
    Sequence sequence = start(0, tokens);
    var result =
        runner
            .start(new Step(List.of(new Step.Entry(sequence, 0, tokens.length, false, true))))
            .await()
            .results()
            .getFirst();
    return result.scores().stream().mapToDouble(score -> -score.logprob()).sum();
  }

  static List<int[]> windows(int[] tokens, int length) {
    List<int[]> windows = new ArrayList<>();
    for (int from = 0; from + length <= tokens.length; from += length) {
      windows.add(Arrays.copyOfRange(tokens, from, from + length));
    }
    return windows;
  }

  @Override
  public void close() {
    runner.close();
    checkpoint.close();
  }
}
