package platform.deepseek.inference.text.template;

import java.util.List;
import platform.deepseek.inference.text.template.TemplateException.Kind;

/** The tokens of a template with a reading position, and the nesting the parser is in. */
final class Tokens {

  /** Every level of nesting costs the recursive parser about twenty frames of the stack. */
  private static final int DEPTH = 100;

  private final List<Token> tokens;
  private int at;
  private int depth;

  Tokens(List<Token> tokens) {
    this.tokens = tokens;
  }

  Token current() {
    return tokens.get(at);
  }

  Token following() {
    return tokens.get(Math.min(at + 1, tokens.size() - 1));
  }

  Position position() {
    return current().position();
  }

  Token next() {
    var token = current();
    if (at < tokens.size() - 1) {
      at++;
    }
    return token;
  }

  boolean at(Token.Kind kind) {
    return current().kind() == kind;
  }

  boolean atName(String name) {
    return current().isName(name);
  }

  boolean atOperator(String operator) {
    return current().isOperator(operator);
  }

  boolean skipName(String name) {
    var found = atName(name);
    if (found) {
      next();
    }
    return found;
  }

  boolean skipOperator(String operator) {
    var found = atOperator(operator);
    if (found) {
      next();
    }
    return found;
  }

  Token expect(Token.Kind kind, String wanted) {
    if (!at(kind)) {
      throw unexpected(wanted);
    }
    return next();
  }

  String expectName() {
    return expect(Token.Kind.NAME, "a name").text();
  }

  void expectKeyword(String name) {
    if (!skipName(name)) {
      throw unexpected("'" + name + "'");
    }
  }

  void expectOperator(String operator) {
    if (!skipOperator(operator)) {
      throw unexpected("'" + operator + "'");
    }
  }

  void enter() {
    if (++depth > DEPTH) {
      throw new TemplateException(
          Kind.LIMIT, "The template nests deeper than " + DEPTH + " levels.", position());
    }
  }

  void leave() {
    depth--;
  }

  TemplateException unexpected(String wanted) {
    return syntax("Expected " + wanted + ", found " + current().describe() + ".", position());
  }

  static TemplateException syntax(String message, Position position) {
    return new TemplateException(Kind.SYNTAX, message, position);
  }
}
