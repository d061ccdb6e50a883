package platform.deepseek.inference.grammar;

import platform.deepseek.inference.grammar.Node.Terminal;
import platform.deepseek.inference.sampling.ConstraintTooCostlyException;
import platform.deepseek.inference.sampling.LogitMask;
import platform.deepseek.inference.sampling.TokenConstraint;
import platform.deepseek.inference.sampling.Work;

/** One text on its way through a grammar. */
public final class GrammarConstraint implements TokenConstraint {

  /** About a second, over many steps: the patterns of a thousand alternatives. */
  private static final long MOST_WORK = 100_000_000;

  private static final byte[] NOTHING = {};

  private final CompiledGrammar grammar;
  private Configuration at;

  /** The token that was chosen, and how much of it has been read. */
  private byte[] unread = NOTHING;

  private int read;

  /** Of the place where the text is; null while nobody has asked, or the walk goes on. */
  private TokenMask mask;

  private MaskWalk walk;

  /** Since the token was chosen. */
  private long spent;

  /** Where the text up to a marker is read that is limited in length; null when that is over. */
  private Terminal opening;

  /** Tokens left for that text; when none is, the marker alone is ahead. */
  private int budget;

  GrammarConstraint(CompiledGrammar grammar, int budget, boolean limited) {
    this.grammar = grammar;
    this.at = grammar.begin();
    if (limited) {
      opening = at.positions().length == 1 ? at.positions()[0].terminal() : null;
      if (opening == null || opening.closing == null || budget < 0) {
        throw new IllegalArgumentException(
            "a budget of %d tokens needs a grammar that begins with text up to a marker"
                .formatted(budget));
      }
      this.budget = budget;
      closeInTime();
    }
  }

  @Override
  public boolean prepare(Work work) {
    long before = work.left();
    boolean ready = settle(work) && find(work);
    spent += before - work.left();
    if (spent > MOST_WORK) {
      throw new ConstraintTooCostlyException(
          ("what the grammar allows next took more than %,d units of work to find out; make its"
                  + " patterns, alternatives and repetitions simpler")
              .formatted(MOST_WORK));
    }
    return ready;
  }

  /** Reads the rest of the token that was chosen. */
  private boolean settle(Work work) {
    if (read == unread.length) {
      return true;
    }
    while (read < unread.length) {
      if (work.isSpent()) {
        return false;
      }
      at = at.next(unread[read] & 0xff, work);
      read++;
    }
    at = grammar.current(at);
    if (opening != null) {
      budget = Math.max(0, budget - 1);
      closeInTime();
    }
    return true;
  }

  private boolean find(Work work) {
    if (mask != null) {
      return true;
    }
    TokenMask found = at.knownMask();
    if (found == null) {
      walk = walk == null ? at.walk() : walk;
      found = walk.goOn(work);
      if (found == null) {
        return false;
      }
      walk = null;
      at.keep(found);
    }
    mask = found;
    return true;
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalStateException the vocabulary has no token for the bytes that must come next
   * @throws AmbiguousGrammarException there are too many ways to read the text
   */
  @Override
  public LogitMask mask() {
    prepare(Work.unlimited());
    if (mask.isEmpty()) {
      throw new IllegalStateException(
          "no token of the vocabulary begins with a byte that the grammar allows here;"
              + " a vocabulary needs a token for every byte");
    }
    return mask;
  }

  /** {@inheritDoc} What it leads to is found out by {@link #prepare}, like the mask. */
  @Override
  public void accept(int token) {
    settle(Work.unlimited());
    byte[] text = grammar.vocabulary().text(token);
    if (text.length == 0 || !(mask == null ? mayRead(text) : mask.allows(token))) {
      throw new IllegalArgumentException(
          "token %d is not allowed here: choose one of the mask's".formatted(token));
    }
    unread = text;
    read = 0;
    mask = null;
    walk = null;
    spent = 0;
  }

  private boolean mayRead(byte[] text) {
    Configuration next = at;
    for (int i = 0; i < text.length && !next.isDead(); i++) {
      next = next.next(text[i] & 0xff);
    }
    return !next.isDead();
  }

  /** The text so far is whole: it may end here, and may go on where more is allowed. */
  public boolean mayEnd() {
    settle(Work.unlimited());
    return at.accepting();
  }

  /** The text that {@link CompiledGrammar#start(int)} limits has not ended with its marker yet. */
  boolean isOpening() {
    settle(Work.unlimited());
    return opening != null;
  }

  private void closeInTime() {
    Terminal reading = at.positions().length == 1 ? at.positions()[0].terminal() : null;
    if (reading == opening && budget == 0) {
      at = at.space().closing(at);
    } else if (reading != opening && reading != opening.closing) {
      opening = null;
    }
  }
}
