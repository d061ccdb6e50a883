package platform.deepseek.inference.api.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.stream.Draft;
import platform.deepseek.inference.api.stream.Ending;
import platform.deepseek.inference.api.stream.Outlet;
import platform.deepseek.inference.api.stream.Piece;
import platform.deepseek.inference.api.stream.TokenCount;

/** Sources of one answer that follow each other. */
class ContinuationTest {

  private static final TokenCount PROMPT = new TokenCount(5, 5, 0, 0);

  /** Gathers what a client gets. */
  private static final class Gathering implements Outlet {

    private final Draft draft = new Draft();
    private final List<Piece> pieces = new ArrayList<>();
    private int opened;

    @Override
    public void open(int choice, TokenCount prompt) {
      opened++;
    }

    @Override
    public void piece(int choice, Piece piece) {
      pieces.add(piece);
      draft.add(piece);
    }

    @Override
    public void end(int choice, Ending ending) {
      draft.end(ending);
    }

    @Override
    public void complete(TokenCount count) {}

    @Override
    public void fail(ApiException failure) {}

    @Override
    public void keepAlive() {}
  }

  private final Gathering client = new Gathering();
  private final Continuation continuation = new Continuation(client);

  @Test
  void whatTheClientHasIsNotSaidAgain() {
    continuation.open(0, PROMPT);
    continuation.piece(0, new Piece.Reasoning("Hm", List.of()));
    continuation.piece(0, new Piece.Text("One, t", List.of()));
    continuation.restart();
    continuation.open(0, PROMPT);
    continuation.piece(0, new Piece.Reasoning("Hm", List.of()));
    continuation.piece(0, new Piece.Text("One, two", List.of()));
    continuation.piece(0, new Piece.Text(", three", List.of()));
    assertThat(client.opened).isEqualTo(1);
    assertThat(client.pieces)
        .containsExactly(
            new Piece.Reasoning("Hm", List.of()),
            new Piece.Text("One, t", List.of()),
            new Piece.Text("wo", List.of()),
            new Piece.Text(", three", List.of()));
  }

  @Test
  void sourcesThatBreakOffAnywhereJoinWithoutASeam() {
    Random random = new Random(7);
    String reasoning = "Let me think about \ud83d\ude00 it, once and again.";
    String content = "It is what it is, and it is \u00e9clair after \u00e9clair.";
    for (int round = 0; round < 500; round++) {
      Gathering gathering = new Gathering();
      Continuation joined = new Continuation(gathering);
      for (int source = random.nextInt(4); source > 0; source--) {
        joined.restart();
        say(joined, reasoning + content, reasoning.length(), random, true);
      }
      joined.restart();
      say(joined, reasoning + content, reasoning.length(), random, false);
      gathering.end(0, Ending.of(Ending.Reason.STOP));
      assertThat(gathering.draft.answer().reasoning()).isEqualTo(reasoning);
      assertThat(gathering.draft.answer().text()).isEqualTo(content);
    }
  }

  private static void say(
      Continuation to, String all, int border, Random random, boolean breaksOff) {
    int last = breaksOff ? random.nextInt(all.length()) : all.length();
    for (int from = 0; from < last; ) {
      int end = Math.min(from < border ? border : all.length(), from + 1 + random.nextInt(9));
      String text = all.substring(from, end);
      to.piece(
          0,
          from < border ? new Piece.Reasoning(text, List.of()) : new Piece.Text(text, List.of()));
      from = end;
    }
  }
}
