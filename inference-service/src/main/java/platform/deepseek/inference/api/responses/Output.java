package platform.deepseek.inference.api.responses;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import platform.deepseek.inference.api.stream.Piece;
import platform.deepseek.inference.api.stream.ScoredToken;

/**
 * The items of an answer while they grow. Text and reasoning are written one after the other: when
 * the model turns to something else, what it wrote before is whole. A call ends when its arguments
 * do.
 */
final class Output {

  private static final int NONE = -1;

  private final Part.Type thought;

  /** An item that is being written. */
  private final class Growing {

    private final int index;
    private final String id;
    private final Piece.CallStarted call; // null for text and reasoning
    private final boolean reasoning;
    private final StringBuilder text = new StringBuilder();
    private final List<ScoredToken> scores = new ArrayList<>();

    private Growing(int index, String id, Piece.CallStarted call, boolean reasoning) {
      this.index = index;
      this.id = id;
      this.call = call;
      this.reasoning = reasoning;
    }

    private Part part() {
      return reasoning
          ? Part.of(thought, text.toString())
          : new Part(Part.Type.OUTPUT_TEXT, text.toString(), scores);
    }

    private Item item(Item.Status status, boolean begun) {
      if (call != null) {
        return new Item.FunctionCall(id, call.id(), call.name(), text.toString(), status);
      }
      if (reasoning) {
        return new Item.Reasoning(id, thought, text.toString(), status);
      }
      return new Item.Message(id, Item.Role.ASSISTANT, begun ? List.of(part()) : List.of(), status);
    }
  }

  private final List<Growing> growing = new ArrayList<>();
  private final List<Item> whole = new ArrayList<>(); // null where the item still grows
  private final Map<Integer, Growing> calls = new HashMap<>();
  private int writing = NONE; // the text or reasoning that grows

  /**
   * @param thought what reasoning is told as: reasoning or a summary
   */
  Output(Part.Type thought) {
    this.thought = thought;
  }

  List<OutputEvent> add(Piece piece) {
    List<OutputEvent> events = new ArrayList<>(4);
    switch (piece) {
      case Piece.Text(String text, List<ScoredToken> scores) -> {
        Growing message = writing(false);
        if (message == null) {
          if (text.isEmpty()) { // tokens without a text begin nothing
            return events;
          }
          message = begin(false, events);
        }
        message.text.append(text);
        message.scores.addAll(scores);
        events.add(new OutputEvent.TextDelta(message.index, message.id, text, scores));
      }
      case Piece.Reasoning(String text, List<ScoredToken> scores) -> {
        Growing begun = writing(true);
        if (begun == null) {
          if (text.isEmpty()) {
            return events;
          }
          begun = begin(true, events);
        }
        begun.text.append(text);
        events.add(new OutputEvent.ReasoningDelta(begun.index, begun.id, thought, text));
      }
      case Piece.CallStarted started -> {
        endOfWriting(Item.Status.COMPLETED, events);
        Growing call = add(new Growing(whole.size(), Id.make(Id.CALL), started, false), events);
        calls.put(started.call(), call);
      }
      case Piece.CallArguments more -> {
        Growing call = calls.get(more.call());
        call.text.append(more.text());
        events.add(new OutputEvent.ArgumentsDelta(call.index, call.id, more.text()));
      }
      case Piece.CallEnded ended ->
          endOfCall(calls.get(ended.call()), Item.Status.COMPLETED, events);
    }
    return events;
  }

  /**
   * Nothing more comes.
   *
   * @param complete false: what still grows stays a fragment
   */
  List<OutputEvent> end(boolean complete) {
    Item.Status status = complete ? Item.Status.COMPLETED : Item.Status.INCOMPLETE;
    List<OutputEvent> events = new ArrayList<>();
    boolean answered =
        growing.stream().anyMatch(item -> !item.reasoning); // with words or with a call
    if (complete && !answered) { // an answer without a word is a message without text
      begin(false, events);
    }
    endOfWriting(status, events);
    for (Growing item : growing) {
      if (whole.get(item.index) == null) {
        endOfCall(item, status, events);
      }
    }
    return events;
  }

  /** The items as far as they are written. */
  List<Item> items() {
    List<Item> items = new ArrayList<>(whole.size());
    for (Growing item : growing) {
      Item done = whole.get(item.index);
      items.add(done == null ? item.item(Item.Status.IN_PROGRESS, true) : done);
    }
    return items;
  }

  private Growing writing(boolean reasoning) {
    if (writing == NONE || growing.get(writing).reasoning != reasoning) {
      return null;
    }
    return growing.get(writing);
  }

  private Growing begin(boolean reasoning, List<OutputEvent> events) {
    endOfWriting(Item.Status.COMPLETED, events);
    String id = Id.make(reasoning ? Id.REASONING : Id.MESSAGE);
    Growing item = add(new Growing(whole.size(), id, null, reasoning), events);
    writing = item.index;
    events.add(new OutputEvent.PartAdded(item.index, item.id, item.part()));
    return item;
  }

  private Growing add(Growing item, List<OutputEvent> events) {
    growing.add(item);
    whole.add(null);
    events.add(new OutputEvent.ItemAdded(item.index, item.item(Item.Status.IN_PROGRESS, false)));
    return item;
  }

  private void endOfWriting(Item.Status status, List<OutputEvent> events) {
    if (writing == NONE) {
      return;
    }
    Growing item = growing.get(writing);
    writing = NONE;
    events.add(new OutputEvent.PartDone(item.index, item.id, item.part()));
    done(item, status, events);
  }

  private void endOfCall(Growing call, Item.Status status, List<OutputEvent> events) {
    Item.FunctionCall item = (Item.FunctionCall) call.item(status, true);
    events.add(new OutputEvent.ArgumentsDone(call.index, item));
    done(call, status, events);
  }

  private void done(Growing growing, Item.Status status, List<OutputEvent> events) {
    Item item = growing.item(status, true);
    whole.set(growing.index, item);
    events.add(new OutputEvent.ItemDone(growing.index, item));
  }
}
