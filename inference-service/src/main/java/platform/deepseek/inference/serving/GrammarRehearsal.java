package platform.deepseek.inference.serving;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jboss.logging.Logger;
import platform.deepseek.inference.grammar.CompiledGrammar;
import platform.deepseek.inference.grammar.Expression;
import platform.deepseek.inference.grammar.Expression.Literal;
import platform.deepseek.inference.grammar.Expression.Reference;
import platform.deepseek.inference.grammar.Expression.Sequence;
import platform.deepseek.inference.grammar.Expression.Until;
import platform.deepseek.inference.grammar.Grammar;
import platform.deepseek.inference.grammar.TokenVocabulary;
import platform.deepseek.inference.grammar.schema.JsonGrammars;
import platform.deepseek.inference.text.answer.AnswerFormat;
import platform.deepseek.inference.text.answer.ReasoningFormat;
import platform.deepseek.inference.text.answer.ToolFormat;

/**
 * Reads a text of what every constrained answer has, once the model answers: free text up to each
 * of the model's markers, strings, numbers and nesting. What is learned of the vocabulary on the
 * way would else be learned by the first who asks for JSON.
 */
final class GrammarRehearsal {

  private static final Logger LOG = Logger.getLogger(GrammarRehearsal.class);
  private static final int TIMES = 10;
  private static final String JSON =
      "{\"name\": \"A \\\"quoted\\\" word\", \"number\": -12.5e3, \"list\": [true, null, {\"a\": []}]}";

  private GrammarRehearsal() {}

  static void run(TokenVocabulary vocabulary, AnswerFormat format) {
    Grammar json = JsonGrammars.anyObject("json-");
    Expression object = new Reference(json.root());
    Expression answer = object;
    StringBuilder text = new StringBuilder(JSON);
    for (String marker : markers(format)) {
      answer = Sequence.of(new Until(marker), new Literal("\n"), answer);
      text.insert(0, "Some free text, and then" + marker + "\n");
    }
    Map<String, Expression> rules = new HashMap<>(json.rules());
    rules.put("rehearsal", answer);
    try {
      CompiledGrammar.rehearse(new Grammar("rehearsal", rules), vocabulary, text.toString(), TIMES);
    } catch (IllegalArgumentException e) { // a vocabulary that cannot write the text
      LOG.warnf("the first constrained answers will be slower: %s", e.getMessage());
    }
  }

  private static List<String> markers(AnswerFormat format) {
    List<String> markers = new ArrayList<>();
    format
        .tools()
        .ifPresent(
            tools ->
                markers.add(
                    switch (tools) {
                      case ToolFormat.JsonCalls calls -> calls.open().strip();
                      case ToolFormat.MarkedCalls calls -> calls.open() + calls.beforeName();
                    }));
    format.reasoning().map(ReasoningFormat::close).ifPresent(markers::add);
    markers.removeIf(String::isEmpty);
    return markers;
  }
}
