package platform.deepseek.inference.api.cache;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.parsetools.RecordParser;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import platform.deepseek.inference.api.json.Unintelligible;

/** Reads an answer that grows elsewhere, line by line, until its last line. On one event loop. */
final class Following {

  private static final Logger LOG = Logger.getLogger(Following.class);

  private final CacheClient cache;
  private final Consumer<StreamLine> reader;
  private long silence;
  private HttpClientRequest request;
  private boolean over;

  /**
   * @param reader called for every line; a stream that breaks, stands still for too long or is not
   *     there, is lost
   */
  Following(CacheClient cache, Lookup.Follow follow, Consumer<StreamLine> reader) {
    this.cache = cache;
    this.reader = reader;
    this.silence = cache.whenSilent(this::silent);
    cache.follow(follow).onFailure(this::broken).onSuccess(this::connected);
  }

  private void connected(HttpClientRequest opened) {
    request = opened;
    opened.exceptionHandler(this::broken); // a request without one logs what it is reset for
    if (over) {
      opened.reset();
      return;
    }
    opened.send().onFailure(this::broken).onSuccess(this::read);
  }

  private void read(HttpClientResponse response) {
    if (response.statusCode() != 200) {
      response.resume();
      broken(new IllegalStateException("status " + response.statusCode()));
      return;
    }
    response
        .exceptionHandler(this::broken)
        .endHandler(end -> broken(new IllegalStateException("it has no last line")))
        .handler(RecordParser.newDelimited("\n").handler(this::line));
  }

  private void line(Buffer line) {
    if (over || line.length() == 0) {
      return;
    }
    cache.heard(silence);
    StreamLine read;
    try {
      read = ContractJson.line(line);
    } catch (Unintelligible e) {
      broken(e);
      request.reset();
      return;
    }
    over =
        switch (read) {
          case StreamLine.More more -> false;
          case StreamLine.Alive alive -> false;
          case StreamLine.Ended ended -> true;
          case StreamLine.Done done -> true;
          case StreamLine.Lost lost -> true;
          case StreamLine.Abandoned abandoned -> true;
        };
    if (!over) {
      silence = cache.whenSilent(this::silent);
    }
    reader.accept(read);
  }

  private void silent() {
    broken(new IllegalStateException("it stands still"));
    if (request != null) {
      request.reset();
    }
  }

  private void broken(Throwable cause) {
    LOG.debugf("an answer is not followed any more: %s", cause.getMessage());
    cache.heard(silence);
    if (!over) {
      over = true;
      reader.accept(new StreamLine.Lost());
    }
  }

  /** Nothing more is read. */
  void stop() {
    over = true;
    cache.heard(silence);
    if (request != null) {
      request.reset();
    }
  }
}
