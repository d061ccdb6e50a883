package platform.deepseek.inference.api.stream;

import io.vertx.core.http.HttpServerResponse;
import java.util.ArrayList;
import java.util.List;
import platform.deepseek.inference.api.error.ApiException;

/** Gathers an answer and sends it in one body. */
final class WholeBody implements Outlet {

  private static final class Draft {
    private final StringBuilder text = new StringBuilder();
    private final List<ScoredToken> scores = new ArrayList<>();
    private Ending ending;
  }

  private final HttpServerResponse response;
  private final Dialect dialect;
  private final Draft[] drafts;

  WholeBody(HttpServerResponse response, Dialect dialect, int choices) {
    this.response = response;
    this.dialect = dialect;
    drafts = new Draft[choices];
    for (int i = 0; i < choices; i++) {
      drafts[i] = new Draft();
    }
  }

  @Override
  public void open(int choice) {}

  @Override
  public void piece(int choice, Piece piece) {
    drafts[choice].text.append(piece.text());
    drafts[choice].scores.addAll(piece.scores());
  }

  @Override
  public void end(int choice, Ending ending) {
    drafts[choice].ending = ending;
  }

  @Override
  public void complete(TokenCount count) {
    List<Answer> answers = new ArrayList<>(drafts.length);
    for (Draft draft : drafts) {
      answers.add(new Answer(draft.text.toString(), draft.scores, draft.ending));
    }
    response.putHeader("content-type", "application/json").end(dialect.whole(answers, count));
  }

  @Override
  public void fail(ApiException failure) {
    ErrorBody.send(response, failure);
  }
}
