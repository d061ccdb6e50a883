package platform.deepseek.inference.api.stream;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import platform.deepseek.inference.api.error.ApiException;

/**
 * Gathers an answer and sends it in one body. While it is computed blank lines keep the connection
 * open (DeepSeek); white space may stand before JSON. With the first of them the status 200 has
 * left, and a failure after it is told by the body alone.
 */
final class WholeBody implements Outlet {

  private static final Buffer BLANK_LINE = Buffer.buffer("\n");

  private final HttpServerResponse response;
  private final Prepared prepared;
  private final Draft[] drafts;

  WholeBody(HttpServerResponse response, Prepared prepared) {
    this.response = response;
    this.prepared = prepared;
    drafts = new Draft[prepared.generations().size()];
    for (int i = 0; i < drafts.length; i++) {
      drafts[i] = new Draft();
    }
  }

  @Override
  public void open(int choice, TokenCount prompt) {}

  @Override
  public void piece(int choice, Piece piece) {
    drafts[choice].add(piece);
  }

  @Override
  public void end(int choice, Ending ending) {
    drafts[choice].end(ending);
  }

  @Override
  public void complete(TokenCount count) {
    send(prepared.dialect().whole(kept(), count));
  }

  /** Of every prompt's drafts the likeliest, in the order in which they were asked. */
  private List<Answer> kept() {
    List<Answer> answers = new ArrayList<>();
    for (int first = 0; first < drafts.length; first += prepared.perPrompt()) {
      List<Draft> ofPrompt = List.of(drafts).subList(first, first + prepared.perPrompt());
      if (prepared.kept() < prepared.perPrompt()) {
        ofPrompt =
            ofPrompt.stream()
                .sorted(Comparator.comparingDouble(Draft::meanLogprob).reversed())
                .limit(prepared.kept())
                .toList();
      }
      ofPrompt.forEach(draft -> answers.add(draft.answer()));
    }
    return answers;
  }

  @Override
  public void fail(ApiException failure) {
    if (response.headWritten()) {
      send(prepared.dialect().errors().body(failure).toBuffer());
    } else {
      ErrorBody.send(response, failure, prepared.dialect().errors());
    }
  }

  @Override
  public void keepAlive() {
    if (response.closed() || response.ended()) {
      return;
    }
    if (!response.headWritten()) {
      response.setChunked(true).putHeader("content-type", "application/json");
    }
    if (!response.writeQueueFull()) {
      response.write(BLANK_LINE);
    }
  }

  private void send(Buffer body) {
    if (response.closed() || response.ended()) {
      return;
    }
    if (!response.headWritten()) {
      response.putHeader("content-type", "application/json");
    }
    response.end(body);
  }
}
