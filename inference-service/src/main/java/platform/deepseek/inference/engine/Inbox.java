package platform.deepseek.inference.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Hands commands from any thread to the loop thread, which sleeps here when it has no work. */
final class Inbox {

  sealed interface Command {
    record Submit(Stream stream) implements Command {}

    record Cancel(Stream stream) implements Command {}

    /** What computes cannot be relied on any more. */
    record Lose(DeviceLostException failure) implements Command {}

    /** Something outside changed; look again. */
    record Wake() implements Command {}
  }

  private List<Command> commands = new ArrayList<>();
  private boolean closed;

  /** False when the loop has ended and nobody will read it. */
  synchronized boolean offer(Command command) {
    if (closed) {
      return false;
    }
    commands.add(command);
    notifyAll();
    return true;
  }

  synchronized List<Command> drain() {
    if (commands.isEmpty()) {
      return List.of();
    }
    List<Command> drained = commands;
    commands = new ArrayList<>();
    return drained;
  }

  /** Sleeps until there is a command. */
  synchronized List<Command> await() throws InterruptedException {
    while (commands.isEmpty()) {
      wait();
    }
    return drain();
  }

  /** Sleeps until there is a command, but no longer than so many milliseconds. */
  synchronized List<Command> await(long millis) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    long left = millis;
    while (commands.isEmpty() && left > 0) {
      wait(left);
      left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
    }
    return drain();
  }

  /** Ends it and returns what nobody has read. */
  synchronized List<Command> close() {
    closed = true;
    return drain();
  }
}
