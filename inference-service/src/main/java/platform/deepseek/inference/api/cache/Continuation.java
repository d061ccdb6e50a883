package platform.deepseek.inference.api.cache;

import java.util.List;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.stream.Ending;
import platform.deepseek.inference.api.stream.Outlet;
import platform.deepseek.inference.api.stream.Piece;
import platform.deepseek.inference.api.stream.TokenCount;

/**
 * An outlet to which an answer may come from one source after another. Each begins at the
 * beginning; what the client has already is left out, so that the sources' answers join without a
 * seam: they are the same text, being a function of the request.
 */
final class Continuation implements Outlet {

  private final Outlet client;
  private boolean opened;
  private int reasoningGiven;
  private int textGiven;
  private int reasoningSeen;
  private int textSeen;

  Continuation(Outlet client) {
    this.client = client;
  }

  /** Another source begins. */
  void restart() {
    reasoningSeen = 0;
    textSeen = 0;
  }

  @Override
  public void open(int choice, TokenCount prompt) {
    if (!opened) {
      opened = true;
      client.open(choice, prompt);
    }
  }

  @Override
  public void piece(int choice, Piece piece) {
    switch (piece) {
      case Piece.Text said -> {
        int skipped = Math.clamp(textGiven - textSeen, 0, said.text().length());
        textSeen += said.text().length();
        textGiven = Math.max(textGiven, textSeen);
        if (skipped == 0) {
          client.piece(choice, said);
        } else if (skipped < said.text().length()) {
          client.piece(choice, new Piece.Text(said.text().substring(skipped), List.of()));
        }
      }
      case Piece.Reasoning thought -> {
        int skipped = Math.clamp(reasoningGiven - reasoningSeen, 0, thought.text().length());
        reasoningSeen += thought.text().length();
        reasoningGiven = Math.max(reasoningGiven, reasoningSeen);
        if (skipped == 0) {
          client.piece(choice, thought);
        } else if (skipped < thought.text().length()) {
          client.piece(choice, new Piece.Reasoning(thought.text().substring(skipped), List.of()));
        }
      }
      case Piece.CallStarted call -> client.piece(choice, call);
      case Piece.CallArguments more -> client.piece(choice, more);
      case Piece.CallEnded ended -> client.piece(choice, ended);
    }
  }

  @Override
  public void end(int choice, Ending ending) {
    client.end(choice, ending);
  }

  @Override
  public void complete(TokenCount count) {
    client.complete(count);
  }

  @Override
  public void fail(ApiException failure) {
    client.fail(failure);
  }

  @Override
  public void keepAlive() {
    client.keepAlive();
  }
}
