package platform.deepseek.inference.runner;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import platform.deepseek.inference.engine.Step;

/** The entries of a step laid out as rows of a batch, and where each one's outputs will be. */
final class EntryRows {

  private static final int NONE = -1;

  private final List<Step.Entry> entries;
  private final CudaBatch batch;
  private final int[] lastLogits;
  private final int[] firstHidden;
  private final List<PromptTile> pieces = new ArrayList<>();

  private EntryRows(List<Step.Entry> entries, CudaBatch batch) {
    this.entries = entries;
    this.batch = batch;
    this.lastLogits = new int[entries.size()];
    this.firstHidden = new int[entries.size()];
    Arrays.fill(lastLogits, NONE);
    batch.begin();
  }

  /**
   * One token of each sequence.
   *
   * @param rows of the batch; those that are too many are at position 0 of a slot
   * @param idleSlot that nobody has
   */
  static EntryRows singles(List<Step.Entry> entries, CudaBatch batch, int rows, int idleSlot) {
    EntryRows all = new EntryRows(entries, batch);
    for (int e = 0; e < entries.size(); e++) {
      all.lastLogits[e] = batch.want(all.single(entries.get(e)));
    }
    while (batch.rows() < rows) {
      batch.want(batch.row(0, idleSlot, 0));
    }
    batch.endSingles();
    return all;
  }

  /** Single tokens first, as attention wants them, then pieces of prompts. */
  static EntryRows mixed(List<Step.Entry> entries, CudaBatch batch) {
    EntryRows all = new EntryRows(entries, batch);
    for (int e = 0; e < entries.size(); e++) {
      if (entries.get(e).count() == 1) {
        all.want(e, all.single(entries.get(e)));
      }
    }
    batch.endSingles();
    for (int e = 0; e < entries.size(); e++) {
      if (entries.get(e).count() > 1) {
        PromptTile piece = all.piece(entries.get(e));
        all.pieces.add(piece);
        all.want(e, piece.firstRow());
      }
    }
    return all;
  }

  private int single(Step.Entry entry) {
    int token = entry.pending() ? CudaBatch.PENDING : entry.sequence().token(entry.from());
    return batch.row(token, entry.sequence().slot(), entry.from());
  }

  private PromptTile piece(Step.Entry entry) {
    int first = batch.rows();
    int slot = entry.sequence().slot();
    for (int i = 0; i < entry.count(); i++) {
      batch.row(entry.sequence().token(entry.from() + i), slot, entry.from() + i);
    }
    return new PromptTile(first, entry.count(), slot, entry.from());
  }

  /** Asks for what an entry needs of its rows, the first of which is {@code row}. */
  private void want(int e, int row) {
    Step.Entry entry = entries.get(e);
    for (int i = entry.count() - EntryResults.logitRows(entry); i < entry.count(); i++) {
      lastLogits[e] = batch.want(row + i);
    }
    firstHidden[e] = batch.hidden();
    for (int i = 0; i < EntryResults.hiddenRows(entry); i++) {
      batch.wantHidden(row + i);
    }
  }

  /** The pieces of prompts. */
  List<PromptTile> pieces() {
    return pieces;
  }

  /** Whether some entry needs logits or hidden states on the host. */
  boolean onHost() {
    return entries.stream().anyMatch(entry -> entry.scores() || entry.embeds());
  }

  /** The output row of entry e's first wanted logits. */
  int firstLogits(int e) {
    return lastLogits[e] + 1 - EntryResults.logitRows(entries.get(e));
  }

  /** The output row of the logits of entry e's last token. */
  int lastLogits(int e) {
    return lastLogits[e];
  }

  /** The output row of entry e's first hidden state. */
  int firstHidden(int e) {
    return firstHidden[e];
  }
}
