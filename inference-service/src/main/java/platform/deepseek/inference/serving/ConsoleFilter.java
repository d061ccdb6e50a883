package platform.deepseek.inference.serving;

import io.quarkus.logging.LoggingFilter;
import java.net.SocketException;
import java.util.Optional;
import java.util.logging.Filter;
import java.util.logging.LogRecord;
import java.util.stream.Stream;

/*
 * Two things that libraries tell with a stack trace. That a client broke its connection before it
 * had asked for anything: Netty warns of each, and anybody could fill the disk with that. And that
 * the service does not start: Quarkus shows where, while the sentence that says what to do stands
 * somewhere in the middle. A refusal is an exception that our own code has thrown with a message;
 * what else goes wrong at the start is a fault, and its trace is wanted.
 */
/** What the log tells of clients that leave and of a start that fails. */
@LoggingFilter(name = "console")
public final class ConsoleFilter implements Filter {

  private static final String PIPELINE = "io.netty.channel.DefaultChannelPipeline";
  private static final String START = "io.quarkus.runtime.Application";
  private static final String OURS = "platform.deepseek.";

  @Override
  public boolean isLoggable(LogRecord event) {
    Throwable thrown = event.getThrown();
    if (PIPELINE.equals(event.getLoggerName())) {
      return !(thrown instanceof SocketException);
    }
    if (START.equals(event.getLoggerName()) && thrown != null) {
      refusal(thrown)
          .ifPresent(
              refusal -> {
                event.setMessage("inference-service does not start: " + refusal.getMessage());
                event.setParameters(null);
                event.setThrown(null);
              });
    }
    return true;
  }

  private static Optional<Throwable> refusal(Throwable thrown) {
    return Stream.iterate(thrown, cause -> cause != null, Throwable::getCause)
        .filter(ConsoleFilter::isOurs)
        .findFirst()
        .filter(cause -> !isFault(cause));
  }

  private static boolean isOurs(Throwable cause) {
    String type = cause.getClass().getName();
    StackTraceElement[] trace = cause.getStackTrace();
    return cause.getMessage() != null
        && (type.startsWith(OURS)
            || type.startsWith("java.")
                && trace.length > 0
                && trace[0].getClassName().startsWith(OURS));
  }

  private static boolean isFault(Throwable cause) {
    return cause instanceof Error
        || cause instanceof NullPointerException
        || cause instanceof ClassCastException
        || cause instanceof IndexOutOfBoundsException
        || cause instanceof ArithmeticException;
  }
}
