package platform.deepseek.inference.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.SocketException;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;

class ConsoleFilterTest {

  private static LogRecord event(String logger, Throwable thrown) {
    LogRecord event = new LogRecord(Level.SEVERE, "Failed to start application");
    event.setLoggerName(logger);
    event.setThrown(thrown);
    return event;
  }

  private static LogRecord failedStart(Throwable thrown) {
    LogRecord event = event("io.quarkus.runtime.Application", thrown);
    assertThat(new ConsoleFilter().isLoggable(event)).isTrue();
    return event;
  }

  @Test
  void aConnectionThatAClientBrokeIsNotLogged() {
    String pipeline = "io.netty.channel.DefaultChannelPipeline";
    ConsoleFilter filter = new ConsoleFilter();
    assertThat(filter.isLoggable(event(pipeline, new SocketException("Connection reset"))))
        .isFalse();
    assertThat(filter.isLoggable(event(pipeline, new IOException("Too many open files")))).isTrue();
    assertThat(filter.isLoggable(event("another", new SocketException("Connection reset"))))
        .isTrue();
  }

  @Test
  void aRefusedStartIsOneSentence() {
    LogRecord event =
        failedStart(foreign(new IllegalArgumentException("MODEL=x is no model: name another")));
    assertThat(event.getThrown()).isNull();
    assertThat(event.getMessage())
        .isEqualTo("inference-service does not start: MODEL=x is no model: name another");
  }

  @Test
  void aFaultKeepsItsTrace() {
    for (Throwable fault :
        new Throwable[] {
          new NullPointerException("x is null"), new IllegalStateException((String) null)
        }) {
      LogRecord event = failedStart(foreign(fault));
      assertThat(event.getThrown()).hasCause(fault);
      assertThat(event.getMessage()).isEqualTo("Failed to start application");
    }
  }

  /** As a library throws it, from whatever cause. */
  private static RuntimeException foreign(Throwable cause) {
    RuntimeException failure = new RuntimeException("of a library", cause);
    failure.setStackTrace(
        new StackTraceElement[] {new StackTraceElement("io.quarkus.A", "b", "A.java", 1)});
    return failure;
  }
}
