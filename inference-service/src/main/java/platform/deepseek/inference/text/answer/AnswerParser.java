package platform.deepseek.inference.text.answer;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import platform.deepseek.inference.text.answer.HeldText.Match;

/*
 * Tells apart what a model writes, while it writes: reasoning, calls of tools, and the answer.
 *
 * The text comes in pieces of any size, and where it is cut must not matter: a decision is made on
 * characters, never on pieces. Only text that may turn out to be a marker, a call or white space
 * beside one is held back, and goes on unchanged as soon as it cannot be any more. What models
 * really write decided the rest:
 *
 * - A marker is where a model writes it by habit, and a word where it writes about it. <think> only
 *   counts at the beginning; a call's marker only if a call of a tool that was offered follows.
 * - A call within reasoning ends the reasoning (R1-0528 and Qwen3 do not always close it first). A
 *   </think> that comes when no content has been written yet is dropped.
 * - A model may reason without <think> and then write </think> (R1 distills whose template does not
 *   open the block). Text cannot be taken back once it is passed on, so a streamed answer has it
 *   as content, the marker included, as templates look for it to drop old reasoning. Where the
 *   whole answer is awaited anyway, "awaited" holds back what comes before until it is decided.
 * - A call that breaks off is ended as it is once its name was passed on, and is text before that.
 */
/** Takes an answer apart while it is written. For one sequence, not for several threads. */
public final class AnswerParser {

  private enum State {
    START,
    REASONING,
    /** Content may begin; nothing but white space came so far. */
    HEAD,
    CONTENT,
    CALL,
    AFTER_CALL
  }

  private final ReasoningFormat reasoning;
  private final CallMarkers calls;
  private final AnswerStart start;
  private final boolean awaited;
  private final List<String> reasoningEnds = new ArrayList<>();
  private final HeldText held = new HeldText();

  private List<AnswerPart> parts = new ArrayList<>();
  private State state = State.START;
  private boolean more = true;
  private boolean dropSpace;
  private boolean contentWritten;
  private int searched;

  private CallReader call;
  private State beforeCall;
  private int callMarker;
  private int callRead;
  private boolean callStarted;
  private int callCount;

  /**
   * @param tools names of the tools that may be called; empty where none may
   * @param awaited whether nobody sees the answer before it is whole, so that text before a {@code
   *     </think>} without {@code <think>} can be held back and told to be reasoning
   */
  public AnswerParser(AnswerFormat format, AnswerStart start, Set<String> tools, boolean awaited) {
    this.reasoning = format.reasoning().orElse(null);
    this.calls = CallMarkers.of(format.tools(), tools);
    this.start = start;
    this.awaited = awaited;
    if (reasoning != null) {
      reasoningEnds.add(reasoning.close());
    }
    reasoningEnds.addAll(calls.open());
  }

  /** More of the answer: what is certain now. Parts may be empty, but no text in them is. */
  public List<AnswerPart> append(String text) {
    if (!more) {
      throw new IllegalStateException("The answer has been finished: begin a new parser.");
    }
    held.append(text);
    return read();
  }

  /** The end of the answer: everything that was held back. */
  public List<AnswerPart> finish() {
    more = false;
    return read();
  }

  private List<AnswerPart> read() {
    boolean goesOn = true;
    while (goesOn) {
      goesOn =
          switch (state) {
            case START -> start();
            case REASONING -> text(reasoningEnds);
            case HEAD -> head();
            case CONTENT -> text(calls.open());
            case CALL -> call();
            case AFTER_CALL -> afterCall();
          };
    }
    var certain = parts;
    parts = new ArrayList<>();
    return certain;
  }

  private boolean start() {
    if (reasoning == null) {
      return to(State.HEAD);
    }
    int at = held.skipSpace(0);
    var match = held.match(reasoning.open(), at);
    if (match == Match.WHOLE) {
      drop(at + reasoning.open().length());
      return to(State.REASONING);
    }
    if (match == Match.BEGINNING && more) {
      return false;
    }
    if (start == AnswerStart.REASONING) {
      drop(0);
      return to(State.REASONING);
    }
    if (start == AnswerStart.EITHER && awaited) {
      var found = held.find(List.of(reasoning.close()), searched, more);
      searched = found.at();
      if (found.marker() == null && more) {
        return false;
      }
      searched = 0;
      if (found.marker() != null) {
        drop(0);
        return to(State.REASONING);
      }
    }
    return to(State.HEAD);
  }

  private boolean head() {
    if (reasoning == null && !calls.bare()) {
      return to(State.CONTENT);
    }
    int at = held.skipSpace(0);
    if (reasoning != null) {
      var match = held.match(reasoning.close(), at);
      if (match == Match.WHOLE) {
        drop(at + reasoning.close().length());
        return true;
      }
      if (match == Match.BEGINNING && more) {
        return false;
      }
    }
    if (calls.bare()) {
      var match = held.match(CallMarkers.PYTHON, at);
      if (match == Match.BEGINNING && more) {
        return false;
      }
      int object = match == Match.WHOLE ? at + CallMarkers.PYTHON.length() : at;
      if (match == Match.WHOLE || object < held.length() && held.charAt(object) == '{') {
        return beginCall(calls.bareReader(), at, object, State.CONTENT);
      }
    }
    return (at < held.length() || !more) && to(State.CONTENT);
  }

  /** Passes text on up to the next marker, and the white space in front of one not before that. */
  private boolean text(List<String> markers) {
    if (dropSpace) {
      int space = held.skipSpace(0);
      held.take(space);
      searched = Math.max(0, searched - space);
    }
    var found = held.find(markers, searched, more);
    boolean last = !more && found.marker() == null;
    int end = held.skipSpaceBack(found.at());
    if (markers.isEmpty() || last && state == State.CONTENT) {
      end = found.at();
    }
    int marker = found.at() - end;
    write(end);
    searched = marker;
    if (found.marker() == null) {
      return false;
    }
    int behind = marker + found.marker().length();
    if (calls.open().contains(found.marker())) {
      return beginCall(calls.reader(found.marker()), marker, behind, state);
    }
    drop(behind);
    return to(State.HEAD);
  }

  private void write(int length) {
    if (length == 0) {
      return;
    }
    int from = held.start();
    String text = held.take(length);
    if (state == State.REASONING) {
      parts.add(new AnswerPart.Reasoning(text, from, from + length));
    } else {
      parts.add(new AnswerPart.Content(text, from, from + length));
      contentWritten = true;
    }
    dropSpace = false;
  }

  /**
   * @param marker where the text begins that goes back if it is no call
   * @param from where the call is read from
   * @param otherwise whose text it is if it is no call
   */
  private boolean beginCall(CallReader reader, int marker, int from, State otherwise) {
    call = reader;
    callMarker = marker;
    callRead = from;
    callStarted = false;
    beforeCall = otherwise;
    return to(State.CALL);
  }

  private boolean call() {
    var progress = callStarted ? CallReader.Progress.CALL : CallReader.Progress.UNDECIDED;
    while (callRead < held.length()
        && (progress == CallReader.Progress.UNDECIDED || progress == CallReader.Progress.CALL)) {
      progress = call.accept(held.charAt(callRead));
      if (progress != CallReader.Progress.BROKEN) {
        callRead++;
      }
    }
    return switch (progress) {
      case UNDECIDED -> !more && noCall();
      case CALL -> {
        writeCall();
        yield !more && endCall();
      }
      case ENDED, BROKEN -> {
        writeCall();
        yield endCall();
      }
      case NO_CALL -> noCall();
    };
  }

  private void writeCall() {
    held.take(callRead);
    callRead = 0;
    if (!callStarted) {
      callStarted = true;
      parts.add(new AnswerPart.CallStarted(callCount, call.name()));
    }
    String arguments = call.takeArguments();
    if (!arguments.isEmpty()) {
      parts.add(new AnswerPart.CallArguments(callCount, arguments));
    }
  }

  private boolean endCall() {
    parts.add(new AnswerPart.CallEnded(callCount++));
    drop(0);
    return to(State.AFTER_CALL);
  }

  private boolean noCall() {
    state = beforeCall;
    searched = callMarker + 1;
    return true;
  }

  private boolean afterCall() {
    int at = held.skipSpace(0);
    boolean undecided = at == held.length();
    for (String marker : calls.close()) {
      var match = held.match(marker, at);
      if (match == Match.WHOLE) {
        drop(at + marker.length());
        return true;
      }
      undecided |= match == Match.BEGINNING;
    }
    if (undecided && more) {
      return false;
    }
    var content = contentWritten ? State.CONTENT : State.HEAD;
    if (!calls.objects() || at == held.length()) {
      return to(content);
    }
    boolean separated = held.charAt(at) == ';' || held.charAt(at) == ',';
    int object = separated ? held.skipSpace(at + 1) : at;
    if (object == held.length() && more) {
      return false;
    }
    return object < held.length() && held.charAt(object) == '{'
        ? beginCall(calls.bareReader(), at, object, State.CONTENT)
        : to(content);
  }

  /** Lets go of markers, and of the white space behind them as it comes. */
  private void drop(int count) {
    held.take(count);
    dropSpace = true;
    searched = 0;
  }

  private boolean to(State next) {
    state = next;
    return true;
  }
}
