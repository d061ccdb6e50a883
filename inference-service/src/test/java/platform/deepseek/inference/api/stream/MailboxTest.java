package platform.deepseek.inference.api.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.concurrent.DefaultEventExecutor;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MailboxTest {

  private final DefaultEventExecutor loop = new DefaultEventExecutor();
  private final Mailbox mailbox = new Mailbox(loop);

  @AfterEach
  void close() {
    var unused = loop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
  }

  @Test
  void everyLetterIsOpenedInOrderOnTheLoop() throws Exception {
    var opened = new ConcurrentLinkedQueue<Integer>();
    var last = new CompletableFuture<Boolean>();
    List<Integer> all = IntStream.range(0, 5_000).boxed().toList();
    all.forEach(number -> mailbox.post(() -> opened.add(number)));
    mailbox.post(() -> last.complete(loop.inEventLoop()));
    assertThat(last.get(1, TimeUnit.MINUTES)).isTrue();
    assertThat(opened).containsExactlyElementsOf(all);
  }

  /** Many requests share a loop: the fault of one must not keep the others waiting for ever. */
  @Test
  void lettersBehindOneThatFailsAreOpened() throws Exception {
    for (Throwable fault : List.of(new IllegalStateException("a fault"), new AssertionError())) {
      var heard = new CompletableFuture<String>();
      mailbox.post(
          () -> {
            if (fault instanceof Error error) {
              throw error;
            }
            throw (RuntimeException) fault;
          });
      mailbox.post(() -> heard.complete("heard"));
      assertThat(heard.get(1, TimeUnit.MINUTES)).isEqualTo("heard");
    }
  }
}
