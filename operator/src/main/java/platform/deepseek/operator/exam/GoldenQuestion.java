package platform.deepseek.operator.exam;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A question and its right answer. */
public record GoldenQuestion(String name, String question, Expected expected) {

  private static final String QUESTION = ".question";
  private static final String ANSWER = ".answer";
  private static final String CONTAINS = ".contains";
  private static final int MOST = 50;

  /** Reads a ConfigMap: NAME.question with NAME.answer, NAME.contains or neither. */
  public static List<GoldenQuestion> parse(Map<String, String> data) throws BadQuestions {
    var sorted = new TreeMap<>(data == null ? Map.<String, String>of() : data);
    var questions = new ArrayList<GoldenQuestion>();
    for (var entry : sorted.entrySet()) {
      var key = entry.getKey();
      if (key.endsWith(QUESTION)) {
        questions.add(parse(key.substring(0, key.length() - QUESTION.length()), sorted));
      } else if (!sorted.containsKey(questionOf(key))) {
        throw new BadQuestions("key %s belongs to no NAME%s".formatted(key, QUESTION));
      }
    }
    if (questions.isEmpty() || questions.size() > MOST) {
      throw new BadQuestions(
          "there are %d keys NAME%s, and 1 to %d are asked"
              .formatted(questions.size(), QUESTION, MOST));
    }
    return List.copyOf(questions);
  }

  private static String questionOf(String key) {
    var ending = key.endsWith(ANSWER) ? ANSWER : key.endsWith(CONTAINS) ? CONTAINS : "";
    return key.substring(0, key.length() - ending.length()) + QUESTION;
  }

  private static GoldenQuestion parse(String name, Map<String, String> data) throws BadQuestions {
    var question = data.get(name + QUESTION);
    var answer = data.get(name + ANSWER);
    var part = data.get(name + CONTAINS);
    if (question.isBlank()) {
      throw new BadQuestions("%s%s is empty".formatted(name, QUESTION));
    }
    if (answer != null && part != null) {
      throw new BadQuestions("%s has both %s and %s".formatted(name, ANSWER, CONTAINS));
    }
    if (part != null && part.isBlank()) {
      throw new BadQuestions(
          "%s%s is empty, which every answer has in it".formatted(name, CONTAINS));
    }
    if (answer != null) {
      return new GoldenQuestion(name, question, new Expected.Whole(answer));
    }
    return new GoldenQuestion(
        name, question, part == null ? new Expected.SameAsStable() : new Expected.Part(part));
  }
}
