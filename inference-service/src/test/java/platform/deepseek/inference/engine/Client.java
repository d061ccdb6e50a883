package platform.deepseek.inference.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Hears a request's events, and insists on their order. */
final class Client implements Consumer<TokenEvent> {
  private final List<Integer> tokens = new ArrayList<>();
  private TokenEvent.Started started;
  private TokenEvent.Finished finished;
  private EngineError error;
  private Consumer<TokenEvent> also = event -> {};

  @Override
  public void accept(TokenEvent event) {
    if (ended()) {
      throw new AssertionError("an event after the end: " + event);
    }
    switch (event) {
      case TokenEvent.Started first -> {
        if (started != null) {
          throw new AssertionError("started twice");
        }
        started = first;
      }
      case TokenEvent.Token token -> {
        if (started == null) {
          throw new AssertionError("a token before the start");
        }
        tokens.add(token.sample().token());
      }
      case TokenEvent.Finished last -> finished = last;
      case TokenEvent.Failed last -> error = last.error();
    }
    also.accept(event);
  }

  /** Something more to do at each event, for example to throw. */
  Client also(Consumer<TokenEvent> action) {
    also = action;
    return this;
  }

  boolean ended() {
    return finished != null || error != null;
  }

  List<Integer> tokens() {
    return tokens;
  }

  TokenEvent.Started started() {
    return started;
  }

  FinishReason reason() {
    return finished == null ? null : finished.reason();
  }

  Usage usage() {
    return finished.usage();
  }

  EngineError error() {
    return error;
  }

  EngineError.Code code() {
    return error == null ? null : error.code();
  }
}
