package platform.deepseek.inference.api.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.api.account.Consumption;
import platform.deepseek.inference.api.account.Grant;
import platform.deepseek.inference.api.account.Outcome;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.metrics.RequestMetrics;
import platform.deepseek.inference.engine.FinishReason;
import platform.deepseek.inference.engine.GenerationRequest;
import platform.deepseek.inference.engine.Share;
import platform.deepseek.inference.engine.TokenEvent;
import platform.deepseek.inference.engine.Usage;
import platform.deepseek.inference.sampling.SamplingParams;
import platform.deepseek.inference.text.HuggingFaceTokenizer;
import platform.deepseek.inference.text.StopMatcher;

/** Faults at the end of an answer: whoever waits for it is told. */
class ExchangeTest {

  private static final HuggingFaceTokenizer TOKENIZER =
      HuggingFaceTokenizer.load(Path.of("src/test/resources/fixtures/tokenizer_qwen_style"));
  private static final GenerationRequest REQUEST =
      new GenerationRequest(
          new int[] {1}, 5, SamplingParams.GREEDY, Set.of(), "", false, Duration.ofSeconds(1));

  /** Writes down what it is told, and fails where the test wants it. */
  private static final class Written implements Outlet {
    final List<String> events = new ArrayList<>();
    String breaksAt = "";

    private void write(String event) {
      if (event.equals(breaksAt)) {
        throw new IllegalStateException("no " + event);
      }
      events.add(event);
    }

    @Override
    public void open(int choice, TokenCount prompt) {
      write("open");
    }

    @Override
    public void piece(int choice, Piece piece) {
      write("piece");
    }

    @Override
    public void end(int choice, Ending ending) {
      write("end");
    }

    @Override
    public void complete(TokenCount count) {
      write("complete");
    }

    @Override
    public void fail(ApiException failure) {
      write(failure.error().code());
    }

    @Override
    public void keepAlive() {
      write("keep-alive");
    }
  }

  /** Leave that cannot be given back. */
  private record BrokenGrant() implements Grant {
    @Override
    public long maxTokens() {
      return Long.MAX_VALUE;
    }

    @Override
    public String cacheSalt() {
      return "";
    }

    @Override
    public Share share() {
      return Share.EQUAL;
    }

    @Override
    public Map<String, String> headers() {
      return Map.of();
    }

    @Override
    public Future<Void> hold(Buffer request) {
      return Future.succeededFuture();
    }

    @Override
    public void settle(Consumption used, Outcome outcome) {
      throw new IllegalStateException("no settlement");
    }
  }

  private final Written written = new Written();
  private int ended;

  private void answer(Grant grant) {
    Generation generation = new Generation(REQUEST, List.of(), null, Reading.PLAIN);
    Choice choice =
        new Choice(0, generation, new StopMatcher(List.of()), TOKENIZER, TOKENIZER::isSpecial);
    Exchange exchange =
        new Exchange(
            Prepared.of("an id", null, List.of(generation), 1, false),
            List.of(choice),
            written,
            grant,
            new RequestMetrics(new SimpleMeterRegistry()),
            () -> ended++);
    exchange.on(choice, new TokenEvent.Started(0, List.of(), null));
    exchange.on(choice, new TokenEvent.Finished(FinishReason.STOP, new Usage(1, 0, 0)));
    exchange.keepAlive();
  }

  @Test
  void answerEndsOnce() {
    answer(Grant.FREE);
    assertThat(written.events).containsExactly("open", "end", "complete");
    assertThat(ended).isOne();
  }

  @Test
  void clientIsToldOfAFaultWhereverItComes() {
    for (String moment : List.of("open", "end", "complete")) {
      written.events.clear();
      ended = 0;
      written.breaksAt = moment;
      answer(Grant.FREE);

      assertThat(written.events).as(moment).endsWith("internal_error");
      assertThat(written.events).containsOnlyOnce("internal_error");
      assertThat(ended).isOne();
    }
  }

  @Test
  void clientIsToldThoughTheAnswerCannotBeSettled() {
    answer(new BrokenGrant());
    assertThat(written.events).containsExactly("open", "end", "internal_error");
    assertThat(ended).isOne();
  }
}
