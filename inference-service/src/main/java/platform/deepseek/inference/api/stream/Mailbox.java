package platform.deepseek.inference.api.stream;

import io.netty.util.concurrent.EventExecutor;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;

/**
 * Brings events from the engine's loop to one event loop. A step of the engine ends with an event
 * for every running stream; they share one wake-up of the event loop instead of one each, and the
 * engine's thread never waits. It holds only what one event loop has not reached yet: what a slow
 * client leaves unread is bounded in {@link EventStream}.
 */
final class Mailbox implements Runnable {

  private static final Logger LOG = Logger.getLogger(Mailbox.class);

  /** Events handled before others on this event loop (reads, accepts) get their turn. */
  private static final int TURN = 512;

  private final EventExecutor loop;
  private final Queue<Runnable> letters = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean awake = new AtomicBoolean();

  Mailbox(EventExecutor loop) {
    this.loop = loop;
  }

  /**
   * Any thread; does not block.
   *
   * @param letter handles an event
   */
  void post(Runnable letter) {
    letters.add(letter);
    wake();
  }

  private void wake() {
    if (awake.compareAndSet(false, true)) {
      loop.execute(this);
    }
  }

  @Override
  public void run() {
    for (int i = 0; i < TURN; i++) {
      Runnable letter = letters.poll();
      if (letter == null) {
        break;
      }
      open(letter);
    }
    awake.set(false);
    if (!letters.isEmpty()) { // also what came between the last poll and the line above
      wake();
    }
  }

  /** A fault of one request is not to keep the others of this event loop waiting. */
  private static void open(Runnable letter) {
    try {
      letter.run();
    } catch (RuntimeException | Error fault) {
      LOG.error("an event of a request could not be handled", fault);
    }
  }
}
