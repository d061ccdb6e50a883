package platform.deepseek.inference.runner;

import java.util.ArrayList;
import java.util.List;
import platform.deepseek.inference.engine.Step;
import platform.deepseek.inference.engine.StepOutput;
import platform.deepseek.inference.engine.draft.Draft;
import platform.deepseek.inference.model.ModelWeights;
import platform.deepseek.inference.sampling.Sample;
import platform.deepseek.inference.sampling.Sampler;

/** From a run's logits and hidden states to what each entry of the step asked for. */
final class EntryResults {

  private final int vocabulary;
  private final FinalNorm finalNorm;
  private final Sampler sampler = new Sampler();

  EntryResults(ModelWeights weights) {
    vocabulary = weights.config().vocabulary();
    finalNorm = new FinalNorm(weights);
  }

  /** The entry's last rows whose logits are wanted. */
  static int logitRows(Step.Entry entry) {
    if (entry.scores()) {
      return entry.count();
    }
    return entry.samples() ? 1 + entry.draft().length() : 0;
  }

  /** The entry's rows whose hidden states are wanted: all or none. */
  static int hiddenRows(Step.Entry entry) {
    return entry.embeds() ? entry.count() : 0;
  }

  /**
   * @param firstLogit output row of the entry's first wanted logits
   * @param firstHidden output row of its first hidden states
   */
  StepOutput.Result of(
      Step.Entry entry, OutputValues logits, int firstLogit, OutputValues hidden, int firstHidden) {
    return new StepOutput.Result(
        entry.samples() ? samples(entry, logits, firstLogit) : List.of(),
        entry.scores() ? scores(entry, logits, firstLogit) : List.of(),
        entry.embeds() ? hiddenSum(entry, hidden, firstHidden) : null);
  }

  /** What a prompt's own tokens gave, sampling apart. */
  record Prompt(List<Sample> scores, double[] hiddenSum) {
    static final Prompt NONE = new Prompt(List.of(), null);
  }

  /** The same without a sample. */
  Prompt prompt(
      Step.Entry entry, OutputValues logits, int firstLogit, OutputValues hidden, int firstHidden) {
    return new Prompt(
        entry.scores() ? scores(entry, logits, firstLogit) : List.of(),
        entry.embeds() ? hiddenSum(entry, hidden, firstHidden) : null);
  }

  /** One, and one more for as long as the draft is what was chosen. */
  private List<Sample> samples(Step.Entry entry, OutputValues logits, int firstLogit) {
    Draft draft = entry.draft();
    int first = firstLogit + logitRows(entry) - 1 - draft.length();
    List<Sample> samples = new ArrayList<>();
    do {
      samples.add(sample(entry, logits, first + samples.size(), samples.size()));
    } while (samples.size() <= draft.length()
        && samples.getLast().token() == draft.tokens().get(samples.size() - 1));
    return samples;
  }

  private Sample sample(Step.Entry entry, OutputValues logits, int output, int ahead) {
    var sequence = entry.sequence();
    return sampler.sample(
        logits.get(output, vocabulary),
        vocabulary,
        sequence.sampling(),
        sequence.history(),
        entry.samplePosition() + ahead,
        sequence.mask());
  }

  private List<Sample> scores(Step.Entry entry, OutputValues logits, int first) {
    List<Sample> scores = new ArrayList<>();
    for (int i = 0; i < entry.count(); i++) {
      int next = entry.from() + i + 1;
      if (next < entry.sequence().known()) {
        scores.add(
            sampler.score(
                logits.get(first + i, vocabulary),
                vocabulary,
                entry.sequence().token(next),
                entry.sequence().sampling().topLogprobs()));
      }
    }
    return scores;
  }

  /** Goes on with the sum of earlier chunks, position after position: chunks change no bit. */
  private double[] hiddenSum(Step.Entry entry, OutputValues hidden, int first) {
    double[] sum =
        entry.from() == 0 ? new double[finalNorm.length()] : entry.sequence().hiddenSum().clone();
    for (int i = 0; i < entry.count(); i++) {
      finalNorm.addTo(sum, hidden.get(first + i, finalNorm.length()));
    }
    return sum;
  }
}
