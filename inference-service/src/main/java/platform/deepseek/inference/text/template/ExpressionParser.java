package platform.deepseek.inference.text.template;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import platform.deepseek.inference.text.template.Expression.ArgumentList;
import platform.deepseek.inference.text.template.Expression.Filter;

/**
 * Recursive descent over expressions; one method a level of precedence, loosest first, as in
 * jinja2/parser.py.
 */
final class ExpressionParser {

  private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");

  private final Tokens tokens;

  /** All names read so far: a macro asks whether its body speaks of varargs, kwargs or caller. */
  private Set<String> namesRead = new HashSet<>();

  ExpressionParser(Tokens tokens) {
    this.tokens = tokens;
  }

  /** Starts a fresh set of names read and returns the one before it. */
  Set<String> exchangeNamesRead(Set<String> fresh) {
    var before = namesRead;
    namesRead = fresh;
    return before;
  }

  Expression expression() {
    tokens.enter();
    var value = or();
    while (tokens.atName("if")) {
      var position = tokens.next().position();
      var test = or();
      var otherwise = tokens.skipName("else") ? expression() : null;
      value = new Expression.Conditional(position, test, value, otherwise);
    }
    tokens.leave();
    return value;
  }

  /** One expression, or a tuple where there are commas. */
  Expression tuple(boolean conditional, String end) {
    var position = tokens.position();
    List<Expression> items = new ArrayList<>();
    var comma = false;
    while (!atTupleEnd(end)) {
      items.add(conditional ? expression() : or());
      if (!tokens.skipOperator(",")) {
        break;
      }
      comma = true;
    }
    if (comma) {
      return new Expression.TupleLiteral(position, List.copyOf(items));
    }
    if (items.isEmpty()) {
      throw tokens.unexpected("an expression");
    }
    return items.getFirst();
  }

  private boolean atTupleEnd(String end) {
    return tokens.at(Token.Kind.OUTPUT_END)
        || tokens.at(Token.Kind.BLOCK_END)
        || tokens.atOperator(")")
        || end != null && tokens.atName(end);
  }

  Expression or() {
    var left = and();
    while (tokens.atName("or")) {
      left = new Expression.Or(tokens.next().position(), left, and());
    }
    return left;
  }

  private Expression and() {
    var left = not();
    while (tokens.atName("and")) {
      left = new Expression.And(tokens.next().position(), left, not());
    }
    return left;
  }

  private Expression not() {
    if (!tokens.atName("not")) {
      return comparison();
    }
    tokens.enter();
    var not = new Expression.Not(tokens.next().position(), not());
    tokens.leave();
    return not;
  }

  private Expression comparison() {
    var position = tokens.position();
    var first = sum();
    List<Expression.Operand> operands = new ArrayList<>();
    while (true) {
      if (tokens.at(Token.Kind.OPERATOR) && COMPARISONS.contains(tokens.current().text())) {
        operands.add(new Expression.Operand(tokens.next().text(), sum()));
      } else if (tokens.skipName("in")) {
        operands.add(new Expression.Operand("in", sum()));
      } else if (tokens.atName("not") && tokens.following().isName("in")) {
        tokens.next();
        tokens.next();
        operands.add(new Expression.Operand("not in", sum()));
      } else {
        break;
      }
    }
    return operands.isEmpty()
        ? first
        : new Expression.Comparison(position, first, List.copyOf(operands));
  }

  private Expression sum() {
    var left = concatenation();
    while (tokens.atOperator("+") || tokens.atOperator("-")) {
      var operator = tokens.next();
      left = new Expression.Binary(operator.position(), operator.text(), left, concatenation());
    }
    return left;
  }

  private Expression concatenation() {
    var position = tokens.position();
    var first = product();
    if (!tokens.atOperator("~")) {
      return first;
    }
    List<Expression> parts = new ArrayList<>(List.of(first));
    while (tokens.skipOperator("~")) {
      parts.add(product());
    }
    return new Expression.Concatenation(position, List.copyOf(parts));
  }

  private Expression product() {
    var left = power();
    while (tokens.atOperator("*")
        || tokens.atOperator("/")
        || tokens.atOperator("//")
        || tokens.atOperator("%")) {
      var operator = tokens.next();
      left = new Expression.Binary(operator.position(), operator.text(), left, power());
    }
    return left;
  }

  /** Unlike Python's, this power groups to the left. */
  private Expression power() {
    var left = unary(true);
    while (tokens.atOperator("**")) {
      var operator = tokens.next();
      left = new Expression.Binary(operator.position(), "**", left, unary(true));
    }
    return left;
  }

  private Expression unary(boolean filters) {
    var position = tokens.position();
    Expression value;
    if (tokens.atOperator("-") || tokens.atOperator("+")) {
      tokens.enter();
      var minus = tokens.next().text().equals("-");
      var operand = unary(false);
      value =
          minus
              ? new Expression.Negation(position, operand)
              : new Expression.Plus(position, operand);
      tokens.leave();
    } else {
      value = primary();
    }
    value = postfix(value);
    return filters ? filtersAndTests(value) : value;
  }

  private Expression primary() {
    var token = tokens.current();
    switch (token.kind()) {
      case NAME -> {
        return name(tokens.next());
      }
      case STRING -> {
        return strings();
      }
      case INTEGER, FLOAT -> {
        return new Expression.Literal(token.position(), tokens.next().value());
      }
      case OPERATOR -> {
        return bracket(token);
      }
      case DATA, OUTPUT_BEGIN, OUTPUT_END, BLOCK_BEGIN, BLOCK_END, END ->
          throw tokens.unexpected("an expression");
    }
    throw new IllegalStateException("Unknown token " + token);
  }

  private Expression name(Token token) {
    return switch (token.text()) {
      case "true", "True" -> new Expression.Literal(token.position(), true);
      case "false", "False" -> new Expression.Literal(token.position(), false);
      case "none", "None" -> new Expression.Literal(token.position(), null);
      default -> {
        namesRead.add(token.text());
        yield new Expression.Name(token.position(), token.text());
      }
    };
  }

  /** Strings side by side are one string. */
  private Expression strings() {
    var position = tokens.position();
    var text = new StringBuilder();
    while (tokens.at(Token.Kind.STRING)) {
      text.append(tokens.next().value());
    }
    return new Expression.Literal(position, text.toString());
  }

  private Expression bracket(Token token) {
    return switch (token.text()) {
      case "(" -> parenthesis(tokens.next().position());
      case "[" -> list(tokens.next().position());
      case "{" -> dict(tokens.next().position());
      default -> throw tokens.unexpected("an expression");
    };
  }

  private Expression parenthesis(Position position) {
    if (tokens.skipOperator(")")) {
      return new Expression.TupleLiteral(position, List.of());
    }
    var value = tuple(true, null);
    tokens.expectOperator(")");
    return value;
  }

  private Expression list(Position position) {
    List<Expression> items = new ArrayList<>();
    while (!tokens.atOperator("]")) {
      items.add(expression());
      if (!tokens.skipOperator(",")) {
        break;
      }
    }
    tokens.expectOperator("]");
    return new Expression.ListLiteral(position, List.copyOf(items));
  }

  private Expression dict(Position position) {
    List<Expression.Entry> entries = new ArrayList<>();
    while (!tokens.atOperator("}")) {
      var key = expression();
      tokens.expectOperator(":");
      entries.add(new Expression.Entry(key, expression()));
      if (!tokens.skipOperator(",")) {
        break;
      }
    }
    tokens.expectOperator("}");
    return new Expression.DictLiteral(position, List.copyOf(entries));
  }

  private Expression postfix(Expression start) {
    var value = start;
    while (true) {
      if (tokens.atOperator(".")) {
        value = attribute(value, tokens.next().position());
      } else if (tokens.atOperator("[")) {
        value = subscript(value, tokens.next().position());
      } else if (tokens.atOperator("(")) {
        value = new Expression.Invocation(tokens.position(), value, arguments());
      } else {
        return value;
      }
    }
  }

  private Expression attribute(Expression target, Position position) {
    if (tokens.at(Token.Kind.INTEGER)) {
      var index = new Expression.Literal(tokens.position(), tokens.next().value());
      return new Expression.Subscript(position, target, index);
    }
    return new Expression.Attribute(position, target, tokens.expectName());
  }

  private Expression subscript(Expression target, Position position) {
    var start = tokens.atOperator(":") ? null : tuple(true, null);
    if (!tokens.skipOperator(":")) {
      tokens.expectOperator("]");
      return new Expression.Subscript(position, target, start);
    }
    var stop = bound();
    var step = tokens.skipOperator(":") ? bound() : null;
    tokens.expectOperator("]");
    return new Expression.Slice(position, target, start, stop, step);
  }

  private Expression bound() {
    return tokens.atOperator(":") || tokens.atOperator("]") ? null : expression();
  }

  private Expression filtersAndTests(Expression start) {
    var value = start;
    while (true) {
      if (tokens.skipOperator("|")) {
        var filter = filter();
        value = new Expression.FilterApplication(filter.position(), value, filter);
      } else if (tokens.atName("is")) {
        value = test(value, tokens.next().position());
      } else if (tokens.atOperator("(")) {
        value = new Expression.Invocation(tokens.position(), value, arguments());
      } else {
        return value;
      }
    }
  }

  /** A filter's name and arguments, after the bar. */
  Filter filter() {
    var position = tokens.position();
    var name = dottedName();
    var arguments = tokens.atOperator("(") ? arguments() : ArgumentList.NONE;
    return new Filter(position, name, arguments);
  }

  private String dottedName() {
    var name = new StringBuilder(tokens.expectName());
    while (tokens.skipOperator(".")) {
      name.append('.').append(tokens.expectName());
    }
    return name.toString();
  }

  private Expression test(Expression input, Position position) {
    var negated = tokens.skipName("not");
    var name = dottedName();
    Expression test = new Expression.TestApplication(position, input, name, testArguments());
    return negated ? new Expression.Not(position, test) : test;
  }

  /** A test takes its arguments in parentheses, or one argument without. */
  private ArgumentList testArguments() {
    if (tokens.atOperator("(")) {
      return arguments();
    }
    if (tokens.atName("is")) {
      throw Tokens.syntax(
          "Tests cannot follow each other: write (a is b) is c.", tokens.position());
    }
    var starts =
        switch (tokens.current().kind()) {
          case NAME -> !(tokens.atName("else") || tokens.atName("or") || tokens.atName("and"));
          case STRING, INTEGER, FLOAT -> true;
          case OPERATOR -> tokens.atOperator("[") || tokens.atOperator("{");
          case DATA, OUTPUT_BEGIN, OUTPUT_END, BLOCK_BEGIN, BLOCK_END, END -> false;
        };
    return starts
        ? new ArgumentList(List.of(postfix(primary())), List.of(), null, null)
        : ArgumentList.NONE;
  }

  private ArgumentList arguments() {
    tokens.enter();
    tokens.expectOperator("(");
    List<Expression> positional = new ArrayList<>();
    List<Expression.NamedArgument> named = new ArrayList<>();
    Expression spread = null;
    Expression spreadNamed = null;
    while (!tokens.atOperator(")")) {
      var position = tokens.position();
      if (tokens.at(Token.Kind.NAME) && tokens.following().isOperator("=")) {
        ordered(spreadNamed == null, position);
        var name = tokens.next().text();
        tokens.next();
        named.add(new Expression.NamedArgument(name, expression()));
      } else if (tokens.skipOperator("*")) {
        ordered(spread == null && spreadNamed == null, position);
        spread = expression();
      } else if (tokens.skipOperator("**")) {
        ordered(spreadNamed == null, position);
        spreadNamed = expression();
      } else {
        ordered(named.isEmpty() && spread == null && spreadNamed == null, position);
        positional.add(expression());
      }
      if (!tokens.skipOperator(",")) {
        break;
      }
    }
    tokens.expectOperator(")");
    tokens.leave();
    return new ArgumentList(List.copyOf(positional), List.copyOf(named), spread, spreadNamed);
  }

  private static void ordered(boolean right, Position position) {
    if (!right) {
      throw Tokens.syntax(
          "Arguments come in the order: by position, by name, *list, **dict.", position);
    }
  }
}
