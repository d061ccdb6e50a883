package platform.deepseek.inference.engine;

import java.util.List;
import platform.deepseek.inference.engine.StepOutput.Result;
import platform.deepseek.inference.engine.draft.Draft;
import platform.deepseek.inference.engine.draft.Drafter;
import platform.deepseek.inference.engine.draft.RowYield;
import platform.deepseek.inference.kv.SlotPool;

/**
 * Lets a step bring several tokens of a sequence (speculative decoding, Leviathan et al. 2023):
 * tokens that somebody guesses are computed behind those that are known, as more rows of the same
 * step.
 *
 * <p>The paper accepts a draft by comparing two distributions, so that the answer's distribution
 * stays the same. Here the answer itself does. A row's logits do not depend on its step, and a
 * sequence's random numbers are a function of seed and position, so at each row the token is chosen
 * that would have been chosen anyway; where it is the draft's, the next row has seen what it
 * should, and the first that differs is the last one taken. A wrong draft costs its row and nothing
 * else: its keys and values are overwritten by the token that came instead.
 *
 * <p>Drafts take only what nobody else wants: tokens of the step that are left when all others have
 * theirs, and room that is free. They never become tokens of the sequence before they were chosen,
 * so prefixes do not know them. A sequence whose choices depend on what it has said (a constraint,
 * a penalty) has none, because rows are chosen from before that is known.
 */
final class Speculation {

  private final int most;
  private final SlotPool pool;
  private final EngineObserver observer;

  /** Steps that are still to have no drafts. */
  private int quiet;

  /**
   * @param most draft tokens of an entry; 0 for none at all
   */
  Speculation(int most, SlotPool pool, EngineObserver observer) {
    this.most = most;
    this.pool = pool;
    this.observer = observer;
  }

  /** Adds drafts to a step's entries, {@code tokens} at most. */
  void extend(List<Step.Entry> entries, int tokens) {
    if (most == 0 || entries.isEmpty()) {
      return;
    }
    if (quiet > 0) {
      quiet--;
      return;
    }
    int budget = tokens;
    var gain =
        new RowYield(
            Step.tokens(entries), (int) entries.stream().filter(Step.Entry::samples).count());
    for (int i = 0; i < entries.size(); i++) {
      Draft draft = draft(entries.get(i), gain, budget);
      if (!draft.isEmpty()) {
        entries.set(i, entries.get(i).with(draft));
        budget -= draft.length();
      }
    }
  }

  private Draft draft(Step.Entry entry, RowYield gain, int budget) {
    Sequence sequence = entry.sequence();
    int wanted = sequence.request().maxTokens() - sequence.generated() - 1;
    if (!entry.samples() || entry.pending() || !sequence.mayDraft() || wanted < 1) {
      return Draft.NONE;
    }
    Drafter drafter = sequence.drafter();
    Draft guess = drafter.guess(Math.min(most, wanted));
    int end = entry.from() + entry.count();
    int room = Math.min(budget, pool.freeRoom(sequence.slot()) - end);
    int count = gain.worth(drafter.acceptance(), Math.min(guess.length(), room));
    if (count < 1 || !pool.tryExtend(sequence.slot(), end + count)) {
      return Draft.NONE;
    }
    return guess.first(count);
  }

  /** A step has ended: what its drafts brought, and room that they did not need. */
  void settle(Step.Entry entry, Result result) {
    Draft draft = entry.draft();
    if (draft.isEmpty()) {
      return;
    }
    observer.drafted(draft.source(), draft.length(), result.samples().size() - 1);
    giveBack(entry.sequence());
  }

  /** Memory ran out: no drafts for a while. Whether there were some in these entries. */
  boolean retreat(List<Step.Entry> entries) {
    quiet = BatchLimit.QUIET_STEPS;
    return entries.stream().anyMatch(entry -> !entry.draft().isEmpty());
  }

  /** Room beyond known tokens; nothing when the sequence has ended. */
  void giveBack(Sequence sequence) {
    if (most > 0 && sequence.status() == Sequence.Status.RUNNING) {
      pool.retract(sequence.slot(), sequence.known());
    }
  }
}
