package platform.deepseek.inference.api.stream;

import io.netty.util.concurrent.EventExecutor;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import platform.deepseek.inference.engine.TokenEvent;

/**
 * Brings events from the engine's loop to one event loop. A step of the engine ends with an event
 * for every running stream; they share one wake-up of the event loop instead of one each, and the
 * engine's thread never waits. It holds only what one event loop has not reached yet: what a slow
 * client leaves unread is bounded in {@link EventStream}.
 */
final class Mailbox implements Runnable {

  /** Events handled before others on this event loop (reads, accepts) get their turn. */
  private static final int TURN = 512;

  private record Letter(Exchange exchange, Choice choice, TokenEvent event) {}

  private final EventExecutor loop;
  private final Queue<Letter> letters = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean awake = new AtomicBoolean();

  Mailbox(EventExecutor loop) {
    this.loop = loop;
  }

  /** Any thread; does not block. */
  void post(Exchange exchange, Choice choice, TokenEvent event) {
    letters.add(new Letter(exchange, choice, event));
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
      Letter letter = letters.poll();
      if (letter == null) {
        break;
      }
      letter.exchange.on(letter.choice, letter.event);
    }
    awake.set(false);
    if (!letters.isEmpty()) { // also what came between the last poll and the line above
      wake();
    }
  }
}
