package platform.deepseek.inference.engine;

import java.time.Duration;
import java.util.function.Consumer;
import platform.deepseek.inference.sampling.Sample;

/** The client's end of a sequence: turns progress into events, once Failed or Finished at most. */
final class Stream {
  private static final System.Logger LOG = System.getLogger(Stream.class.getName());

  private final Sequence sequence;
  private final Consumer<TokenEvent> consumer;
  private final EngineObserver observer;
  private final long arrived;
  private long previousToken;
  private boolean ended;

  Stream(Sequence sequence, Consumer<TokenEvent> consumer, EngineObserver observer, long arrived) {
    this.sequence = sequence;
    this.consumer = consumer;
    this.observer = observer;
    this.arrived = arrived;
  }

  Sequence sequence() {
    return sequence;
  }

  Duration age(long now) {
    return Duration.ofNanos(now - arrived);
  }

  boolean ended() {
    return ended;
  }

  void started(long now) {
    Usage usage = sequence.usage();
    observer.requestStarted(age(now), usage.promptTokens(), usage.cachedTokens());
    emit(new TokenEvent.Started(usage.cachedTokens(), sequence.scores(), sequence.embedding()));
  }

  void token(Sample sample, long now) {
    if (sequence.generated() > 1) {
      observer.tokenGenerated(Duration.ofNanos(now - previousToken));
    }
    previousToken = now;
    emit(new TokenEvent.Token(sample));
  }

  void finish(FinishReason reason) {
    if (!ended) {
      observer.requestFinished(reason, sequence.usage());
      emit(new TokenEvent.Finished(reason, sequence.usage()));
      ended = true;
    }
  }

  void fail(EngineError error) {
    if (!ended) {
      observer.requestFailed(error.code());
      emit(new TokenEvent.Failed(error));
      ended = true;
    }
  }

  /** A consumer that throws hears no more; that is its own end and nobody else's. */
  private void emit(TokenEvent event) {
    if (ended) {
      return;
    }
    try {
      consumer.accept(event);
    } catch (RuntimeException | Error failure) {
      LOG.log(System.Logger.Level.WARNING, "a consumer of token events failed", failure);
      boolean last = event instanceof TokenEvent.Finished || event instanceof TokenEvent.Failed;
      if (!last) {
        observer.requestFinished(FinishReason.CANCELLED, sequence.usage());
      }
      ended = true;
    }
  }
}
