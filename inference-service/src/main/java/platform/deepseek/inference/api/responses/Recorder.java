package platform.deepseek.inference.api.responses;

import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.stream.Ending;
import platform.deepseek.inference.api.stream.Outlet;
import platform.deepseek.inference.api.stream.Piece;
import platform.deepseek.inference.api.stream.TokenCount;

/**
 * Puts an answer into its response and hands it on. A stream does the first by itself: its events
 * are the changes of the response. A client that got nothing but an error does not know the
 * response, which is then forgotten.
 */
final class Recorder implements Outlet {

  /** Where the answer of a response goes that nobody waits for. */
  static final Outlet NOBODY =
      new Outlet() {
        @Override
        public void open(int choice, TokenCount prompt) {}

        @Override
        public void piece(int choice, Piece piece) {}

        @Override
        public void end(int choice, Ending ending) {}

        @Override
        public void complete(TokenCount count) {}

        @Override
        public void fail(ApiException failure) {}

        @Override
        public void keepAlive() {}
      };

  private final LiveResponse response;
  private final Outlet client;
  private final boolean stream;
  private final Runnable forget;
  private boolean known;

  /**
   * @param stream whether the client's outlet writes events through a {@link ResponsesDialect}
   * @param forget called when the response failed before the client could know of it
   */
  Recorder(LiveResponse response, Outlet client, boolean stream, Runnable forget) {
    this.response = response;
    this.client = client;
    this.stream = stream;
    this.forget = forget;
    known = response.background;
  }

  @Override
  public void open(int choice, TokenCount prompt) {
    response.opened();
    known |= stream;
    client.open(choice, prompt);
  }

  @Override
  public void piece(int choice, Piece piece) {
    if (stream) {
      client.piece(choice, piece);
    } else {
      response.add(piece);
    }
  }

  @Override
  public void end(int choice, Ending ending) {
    if (stream) {
      client.end(choice, ending);
    } else {
      response.end(ending);
    }
  }

  @Override
  public void complete(TokenCount count) {
    if (!stream) {
      response.complete(count);
    }
    client.complete(count);
  }

  @Override
  public void fail(ApiException failure) {
    if (!known) {
      forget.run(); // before the client can know and look
    }
    client.fail(failure);
    response.fail(failure); // where no event said so
  }

  @Override
  public void keepAlive() {
    client.keepAlive();
  }
}
