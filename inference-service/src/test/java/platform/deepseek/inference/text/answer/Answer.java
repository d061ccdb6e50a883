package platform.deepseek.inference.text.answer;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** An answer read to its end, adjacent parts of one kind joined: the same for any way to cut it. */
record Answer(List<AnswerPart> parts) {

  static final Set<String> TOOLS = Set.of("get_weather", "get_time", "get");

  /** Reads the whole text as one piece. */
  static Answer read(AnswerFormat format, AnswerStart start, String text) {
    return read(new AnswerParser(format, start, TOOLS, false), List.of(text));
  }

  static Answer read(AnswerParser parser, List<String> pieces) {
    List<AnswerPart> parts = new ArrayList<>();
    pieces.forEach(piece -> parser.append(piece).forEach(part -> join(parts, part)));
    parser.finish().forEach(part -> join(parts, part));
    return new Answer(List.copyOf(parts));
  }

  static List<String> cut(String text, Random random, int longest) {
    List<String> pieces = new ArrayList<>();
    for (int at = 0; at < text.length(); ) {
      int end = Math.min(text.length(), at + random.nextInt(longest + 1));
      pieces.add(text.substring(at, end));
      at = end;
    }
    return pieces;
  }

  String reasoning() {
    var text = new StringBuilder();
    for (var part : parts) {
      if (part instanceof AnswerPart.Reasoning reasoning) {
        text.append(reasoning.text());
      }
    }
    return text.toString();
  }

  String content() {
    var text = new StringBuilder();
    for (var part : parts) {
      if (part instanceof AnswerPart.Content content) {
        text.append(content.text());
      }
    }
    return text.toString();
  }

  /** Each call as {@code name(arguments)}. */
  List<String> calls() {
    List<String> calls = new ArrayList<>();
    for (var part : parts) {
      switch (part) {
        case AnswerPart.CallStarted started -> calls.add(started.name() + "(");
        case AnswerPart.CallArguments more -> calls.add(calls.removeLast() + more.text());
        case AnswerPart.CallEnded _ -> calls.add(calls.removeLast() + ")");
        case AnswerPart.Reasoning _, AnswerPart.Content _ -> {}
      }
    }
    return calls;
  }

  private static void join(List<AnswerPart> parts, AnswerPart next) {
    var last = parts.isEmpty() ? null : parts.getLast();
    if (last instanceof AnswerPart.Reasoning(String text, int from, int to)
        && next instanceof AnswerPart.Reasoning more
        && more.from() == to) {
      parts.set(parts.size() - 1, new AnswerPart.Reasoning(text + more.text(), from, more.to()));
    } else if (last instanceof AnswerPart.Content(String text, int from, int to)
        && next instanceof AnswerPart.Content more
        && more.from() == to) {
      parts.set(parts.size() - 1, new AnswerPart.Content(text + more.text(), from, more.to()));
    } else if (last instanceof AnswerPart.CallArguments(int index, String text)
        && next instanceof AnswerPart.CallArguments more
        && more.index() == index) {
      parts.set(parts.size() - 1, new AnswerPart.CallArguments(index, text + more.text()));
    } else {
      parts.add(next);
    }
  }
}
