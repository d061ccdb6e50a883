package platform.deepseek.inference.runner;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import platform.deepseek.inference.engine.GenerationRequest;
import platform.deepseek.inference.engine.Sequence;
import platform.deepseek.inference.engine.Step;
import platform.deepseek.inference.engine.StepOutput;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.model.ModelWeights;
import platform.deepseek.inference.sampling.SamplingParams;
import platform.deepseek.inference.weights.Checkpoint;
import platform.deepseek.inference.weights.GgufFile;

/** A {@link CudaModelRunner} with its checkpoint, driven by hand: the caller plays scheduler. */
public final class CudaDecoder implements AutoCloseable {

  private final Checkpoint checkpoint;
  private final CudaModelRunner runner;
  private final String weights;

  private CudaDecoder(Checkpoint checkpoint, CudaModelRunner runner, String weights) {
    this.checkpoint = checkpoint;
    this.runner = runner;
    this.weights = weights;
  }

  public static CudaDecoder open(
      Path model, CudaPrecision precision, CudaModelRunner.Limits limits, Accelerator accelerator) {
    return open(model, CudaNumbers.published(precision), limits, accelerator);
  }

  public static CudaDecoder open(
      Path model, CudaNumbers numbers, CudaModelRunner.Limits limits, Accelerator accelerator) {
    Checkpoint checkpoint = Checkpoint.open(model);
    ModelConfig config =
        checkpoint instanceof GgufFile gguf
            ? ModelConfig.fromGguf(gguf)
            : ModelConfig.fromHuggingFace(model);
    return new CudaDecoder(
        checkpoint,
        CudaModelRunner.load(
            new ModelWeights(config, checkpoint), numbers, limits, accelerator, n -> {}),
        numbers.describe(config));
  }

  /** Which weights are in which numbers, as the service's log says it. */
  public String weights() {
    return weights;
  }

  public CudaModelRunner runner() {
    return runner;
  }

  /** A sequence in a slot with nothing computed. */
  public Sequence start(int slot, int[] prompt) {
    Sequence sequence =
        new Sequence(
            new GenerationRequest(
                prompt, 1, SamplingParams.GREEDY, Set.of(), "", false, Duration.ofMinutes(1)),
            16);
    sequence.start(slot, 0);
    return sequence;
  }

  /** Computes all known tokens in pieces, and the next one with the last. */
  public int advance(Sequence sequence, int piece) {
    int token = -1;
    int known = sequence.known();
    for (int from = sequence.computed(); from < known; from += piece) {
      int count = Math.min(piece, known - from);
      token = step(List.of(new Step.Entry(sequence, from, count, from + count == known, false)))[0];
    }
    return token;
  }

  /** Runs entries; sequences advance and take their samples. Returns the samples, -1 for none. */
  public int[] step(List<Step.Entry> entries) {
    List<StepOutput.Result> results = runner.start(new Step(entries)).await().results();
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

  /** Logits of an output row of the last run. */
  public float[] logits(int output) {
    return runner.logits(output);
  }

  /** Logits after the prompt's last token, the prompt computed in pieces. */
  public float[] lastLogits(int slot, int[] prompt, int piece) {
    advance(start(slot, prompt), piece);
    return logits(0);
  }

  public int[] greedy(int slot, int[] prompt, int tokens) {
    Sequence sequence = start(slot, prompt);
    for (int i = 0; i < tokens; i++) {
      advance(sequence, Integer.MAX_VALUE - sequence.known());
    }
    return generated(sequence);
  }

  /** Each prompt decoded in one batch with the others; prompt i is in slot i. */
  public List<int[]> greedyTogether(List<int[]> prompts, int tokens) {
    List<Sequence> sequences = new ArrayList<>();
    for (int slot = 0; slot < prompts.size(); slot++) {
      sequences.add(start(slot, prompts.get(slot)));
      advance(sequences.getLast(), prompts.get(slot).length);
    }
    for (int i = 1; i < tokens; i++) {
      step(
          sequences.stream()
              .map(sequence -> new Step.Entry(sequence, sequence.computed(), 1, true, false))
              .toList());
    }
    return sequences.stream().map(CudaDecoder::generated).toList();
  }

  /** Negative log-likelihood of tokens 1 and on, summed. */
  public double negativeLogLikelihood(int[] tokens) {
    Sequence sequence = start(0, tokens);
    Step step = new Step(List.of(new Step.Entry(sequence, 0, tokens.length, false, true)));
    return runner.start(step).await().results().getFirst().scores().stream()
        .mapToDouble(score -> -score.logprob())
        .sum();
  }

  /** The sum of a prompt's hidden states. */
  public double[] hiddenSum(int slot, int[] prompt, int piece) {
    Sequence sequence =
        new Sequence(GenerationRequest.embedding(prompt, "", Duration.ofMinutes(1)), 16);
    sequence.start(slot, 0);
    for (int from = 0; from < prompt.length; from += piece) {
      int count = Math.min(piece, prompt.length - from);
      step(List.of(new Step.Entry(sequence, from, count, false, false, true)));
    }
    return sequence.hiddenSum();
  }

  public static int[] generated(Sequence sequence) {
    return Decoder.generated(sequence);
  }

  @Override
  public void close() {
    runner.close();
    checkpoint.close();
  }
}
