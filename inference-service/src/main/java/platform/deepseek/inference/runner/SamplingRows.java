package platform.deepseek.inference.runner;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import platform.deepseek.inference.engine.Step;
import platform.deepseek.inference.sampling.LogitMask;
import platform.deepseek.inference.sampling.SamplingParams;
import platform.deepseek.inference.sampling.TokenHistory;

/**
 * Packs what the sampling kernels need to know of a step: a {@link SamplingView} per entry, and
 * behind them a side list of ints with penalised tokens, biases and masks of those entries that
 * have any. A plain entry is a dozen writes and no allocation.
 */
final class SamplingRows {
  private final int vocabulary;
  private MemorySegment memory;
  private int entries;
  private int records;
  private int adjusted;
  private boolean scans;
  private boolean draws;
  private int side;

  SamplingRows(int vocabulary) {
    this.vocabulary = vocabulary;
  }

  /** Bytes that packing these entries takes at most. */
  long bytes(List<Step.Entry> entries) {
    long bytes = 0;
    for (int i = 0; i < entries.size(); i++) {
      var sequence = entries.get(i).sequence();
      var params = sequence.sampling();
      bytes += SamplingView.BYTES;
      if (sequence.mask() != null) {
        bytes += (long) words() * Long.BYTES;
      }
      if (isPenalised(params)) {
        var history = sequence.history();
        long ints = 3L * history.distinct() + 2L * params.logitBias().size();
        if (params.repetitionPenalty() != 1) {
          ints += history.promptSet().length;
        }
        bytes += ints * Integer.BYTES;
      }
    }
    return bytes;
  }

  /**
   * Writes entries, of which number i samples from row {@code logitRows[i]}, to memory.
   *
   * @return bytes that were written
   * @throws IllegalArgumentException a mask allows no token
   */
  long pack(List<Step.Entry> entries, int[] logitRows, MemorySegment memory) {
    this.memory = memory;
    this.entries = entries.size();
    records = 0;
    adjusted = 0;
    scans = false;
    draws = false;
    side = 0;
    for (int i = 0; i < this.entries; i++) {
      pack(entries.get(i), logitRows[i], i);
    }
    return sideOffset() + (long) side * Integer.BYTES;
  }

  /** Entries whose log-probabilities are wanted; their records lie in the entries' order. */
  int records() {
    return records;
  }

  /** Where the side list begins. */
  long sideOffset() {
    return (long) entries * SamplingView.BYTES;
  }

  /** Whether any row is greedy or is changed first. */
  boolean wantsScan() {
    return scans;
  }

  /** Whether any entry needs more than the largest logit. */
  boolean wantsChoice() {
    return draws || records > 0;
  }

  private void pack(Step.Entry entry, int row, int index) {
    var sequence = entry.sequence();
    SamplingParams params = sequence.sampling();
    LogitMask mask = sequence.mask();
    boolean penalised = isPenalised(params);
    boolean greedy = params.temperature() == 0;
    int bits = greedy ? SamplingView.GREEDY : limitsCount(params) ? SamplingView.HAS_TOP_K : 0;
    draws |= !greedy;
    scans |= greedy || penalised || mask != null;
    long at = (long) index * SamplingView.BYTES;
    set(at + SamplingView.ROW, row);
    set(at + SamplingView.TEMPERATURE, params.temperature());
    set(at + SamplingView.TOP_K, params.topK());
    set(at + SamplingView.TOP_P, params.topP());
    set(at + SamplingView.MIN_P, params.minP());
    set(at + SamplingView.POSITION, entry.samplePosition());
    memory.set(JAVA_LONG, at + SamplingView.SEED, params.seed());
    set(at + SamplingView.SLOT, sequence.slot());
    if (penalised || mask != null) {
      bits |= SamplingView.IS_ADJUSTED;
      set(at + SamplingView.ADJUSTED, adjusted++);
      packPenalties(at, params, penalised ? sequence.history() : null);
      if (mask != null) {
        bits |= SamplingView.IS_MASKED;
        packMask(at, mask);
      }
    }
    set(at + SamplingView.FLAGS, bits);
    packRecord(at, params.topLogprobs());
  }

  private boolean limitsCount(SamplingParams params) {
    return params.topK() > 0 && params.topK() < vocabulary;
  }

  private void packRecord(long at, int top) {
    if (top > SamplingView.MOST_TOP) {
      throw new IllegalArgumentException(
          "%d alternatives were asked for; %d are possible".formatted(top, SamplingView.MOST_TOP));
    }
    set(at + SamplingView.TOP, top);
    set(at + SamplingView.RECORD, top < 0 ? -1 : records++);
  }

  private static boolean isPenalised(SamplingParams params) {
    return params.repetitionPenalty() != 1
        || params.presencePenalty() != 0
        || params.frequencyPenalty() != 0
        || !params.logitBias().isEmpty();
  }

  /** The lists of penalties and biases, empty without a history. */
  private void packPenalties(long at, SamplingParams params, TokenHistory history) {
    set(at + SamplingView.REPETITION, params.repetitionPenalty());
    set(at + SamplingView.PRESENCE, params.presencePenalty());
    set(at + SamplingView.FREQUENCY, params.frequencyPenalty());
    set(at + SamplingView.REPEATED, side);
    if (history != null && params.repetitionPenalty() != 1) {
      packRepeated(history);
    }
    set(at + SamplingView.REPEATED_COUNT, side - get(at + SamplingView.REPEATED));
    set(at + SamplingView.GENERATED, side);
    if (history != null) {
      for (int i = 0; i < history.distinct(); i++) {
        add(history.token(i));
        add(history.countAt(i));
      }
    }
    set(at + SamplingView.GENERATED_COUNT, (side - get(at + SamplingView.GENERATED)) / 2);
    set(at + SamplingView.BIASES, side);
    for (Map.Entry<Integer, Float> bias : params.logitBias().entrySet()) {
      add(bias.getKey());
      add(Float.floatToRawIntBits(bias.getValue()));
    }
    set(at + SamplingView.BIAS_COUNT, params.logitBias().size());
  }

  private void packRepeated(TokenHistory history) {
    int[] prompt = history.promptSet();
    MemorySegment.copy(
        prompt, 0, memory, JAVA_INT, sideOffset() + (long) side * Integer.BYTES, prompt.length);
    side += prompt.length;
    for (int i = 0; i < history.distinct(); i++) {
      if (!history.inPrompt(history.token(i))) {
        add(history.token(i));
      }
    }
  }

  private void packMask(long at, LogitMask mask) {
    set(at + SamplingView.MASK, side);
    long any = 0;
    for (int i = 0; i < words(); i++) {
      long word = mask.word(i);
      if (i == words() - 1) {
        word &= -1L >>> -vocabulary;
      }
      any |= word;
      memory.set(JAVA_LONG_UNALIGNED, sideOffset() + (long) side * Integer.BYTES, word);
      side += 2;
    }
    if (any == 0) {
      throw new IllegalArgumentException("the mask allows none of " + vocabulary + " tokens");
    }
  }

  private int words() {
    return Math.ceilDiv(vocabulary, Long.SIZE);
  }

  private void add(int value) {
    set(sideOffset() + (long) side++ * Integer.BYTES, value);
  }

  private int get(long at) {
    return memory.get(JAVA_INT, at);
  }

  private void set(long at, int value) {
    memory.set(JAVA_INT, at, value);
  }

  private void set(long at, float value) {
    memory.set(JAVA_FLOAT, at, value);
  }
}
