package platform.deepseek.inference.text;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Cuts a text into words: what a rule finds and what lies between is a piece for the next one. */
final class WordSplitter {

  /** What is done with each word, in order. */
  interface Words {

    /**
     * The word at [from, to).
     *
     * @return whether more are wanted
     */
    boolean take(int from, int to);
  }

  private final List<Matcher> matchers = new ArrayList<>();
  private final int length;
  private final Words words;

  private WordSplitter(List<Pattern> rules, String text, Words words) {
    rules.forEach(rule -> matchers.add(rule.matcher(text)));
    this.length = text.length();
    this.words = words;
  }

  static void split(List<Pattern> rules, String text, Words words) {
    var splitter = new WordSplitter(rules, text, words);
    splitter.split(0, 0, splitter.length);
  }

  /** False where no more words are wanted. A rule sees nothing beyond its piece. */
  private boolean split(int rule, int from, int to) {
    if (from == to) {
      return true;
    }
    if (rule == matchers.size()) {
      return words.take(from, to);
    }
    var matcher = matchers.get(rule).region(from, to);
    int done = from;
    while (matcher.find()) {
      if (!split(rule + 1, done, matcher.start())
          || !split(rule + 1, matcher.start(), matcher.end())) {
        return false;
      }
      done = matcher.end();
    }
    return split(rule + 1, done, to);
  }
}
