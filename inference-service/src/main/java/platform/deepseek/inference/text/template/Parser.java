package platform.deepseek.inference.text.template;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import platform.deepseek.inference.text.template.Expression.Filter;
import platform.deepseek.inference.text.template.Statement.MacroSignature;
import platform.deepseek.inference.text.template.Statement.Target;

/** Tokens to statements. */
final class Parser {

  private static final Set<String> CONSTANTS =
      Set.of("true", "false", "none", "True", "False", "None");

  private final Tokens tokens;
  private final ExpressionParser expressions;
  private int loops;

  private Parser(List<Token> tokens) {
    this.tokens = new Tokens(tokens);
    this.expressions = new ExpressionParser(this.tokens);
  }

  static List<Statement> parse(String source) {
    var parser = new Parser(new Lexer(source).tokens());
    return parser.statements(Set.of());
  }

  /**
   * Statements up to a block whose first name is one of {@code ends}, or to the end of the text.
   */
  private List<Statement> statements(Set<String> ends) {
    List<Statement> body = new ArrayList<>();
    while (!tokens.at(Token.Kind.END)) {
      var token = tokens.next();
      switch (token.kind()) {
        case DATA -> body.add(new Statement.Text(token.position(), token.text()));
        case OUTPUT_BEGIN -> {
          body.add(new Statement.Output(token.position(), expressions.tuple(true, null)));
          tokens.expect(Token.Kind.OUTPUT_END, "'}}'");
        }
        case BLOCK_BEGIN -> {
          if (tokens.at(Token.Kind.NAME) && ends.contains(tokens.current().text())) {
            return body;
          }
          tokens.enter();
          body.add(statement(tokens.position()));
          tokens.leave();
          tokens.expect(Token.Kind.BLOCK_END, "'%}'");
        }
        case OUTPUT_END, BLOCK_END, NAME, STRING, INTEGER, FLOAT, OPERATOR, END ->
            throw new IllegalStateException("The lexer left a tag open at " + token);
      }
    }
    if (!ends.isEmpty()) {
      var wanted = ends.stream().sorted().toList();
      throw Tokens.syntax(
          "The template ends inside a block: expected " + String.join(" or ", wanted) + ".",
          tokens.position());
    }
    return body;
  }

  private Statement statement(Position position) {
    var name = tokens.expectName();
    return switch (name) {
      case "if" -> conditional(position);
      case "for" -> loop(position);
      case "set" -> set(position);
      case "with" -> with(position);
      case "macro" -> macro(position);
      case "call" -> call(position);
      case "filter" -> new Statement.FilterBlock(position, blockFilters(), body("endfilter"));
      case "generation" -> new Statement.Generation(position, functionBody("endgeneration"));
      case "break" -> new Statement.Break(insideLoop(position, name));
      case "continue" -> new Statement.Continue(insideLoop(position, name));
      default ->
          throw Tokens.syntax(
              "Unknown or misplaced tag '"
                  + name
                  + "'; includes and inheritance are not for chat"
                  + " templates.",
              position);
    };
  }

  private Position insideLoop(Position position, String name) {
    if (loops == 0) {
      throw Tokens.syntax("'" + name + "' stands outside of a loop.", position);
    }
    return position;
  }

  /** The rest of the opening tag, the statements, and the name of the closing tag. */
  private List<Statement> body(String... ends) {
    var body = openBody(ends);
    tokens.next();
    return body;
  }

  private List<Statement> openBody(String... ends) {
    tokens.skipOperator(":");
    tokens.expect(Token.Kind.BLOCK_END, "'%}'");
    return List.copyOf(statements(Set.of(ends)));
  }

  /** A body that is called like a function: a loop around it is none of its business. */
  private List<Statement> functionBody(String end) {
    var outer = loops;
    loops = 0;
    var body = body(end);
    loops = outer;
    return body;
  }

  private Statement conditional(Position position) {
    List<Statement.Branch> branches = new ArrayList<>();
    do {
      var test = expressions.tuple(false, null);
      branches.add(new Statement.Branch(test, openBody("elif", "else", "endif")));
    } while (tokens.skipName("elif"));
    var otherwise = tokens.next().isName("else") ? body("endif") : List.<Statement>of();
    return new Statement.If(position, List.copyOf(branches), otherwise);
  }

  private Statement loop(Position position) {
    var target = target(false, "in");
    tokens.expectKeyword("in");
    var iterable = expressions.tuple(false, "recursive");
    var filter = tokens.skipName("if") ? expressions.expression() : null;
    var recursive = tokens.skipName("recursive");
    loops++;
    var body = openBody("endfor", "else");
    loops--;
    var otherwise = tokens.next().isName("else") ? body("endfor") : List.<Statement>of();
    return new Statement.For(position, target, iterable, filter, recursive, body, otherwise);
  }

  private Statement set(Position position) {
    var target = target(true, null);
    if (tokens.skipOperator("=")) {
      return new Statement.Assignment(position, target, expressions.tuple(true, null));
    }
    List<Filter> filters = new ArrayList<>();
    while (tokens.skipOperator("|")) {
      filters.add(expressions.filter());
    }
    return new Statement.BlockAssignment(position, target, List.copyOf(filters), body("endset"));
  }

  private Statement with(Position position) {
    List<Target> targets = new ArrayList<>();
    List<Expression> values = new ArrayList<>();
    while (!tokens.at(Token.Kind.BLOCK_END)) {
      if (!targets.isEmpty()) {
        tokens.expectOperator(",");
      }
      targets.add(singleTarget(false));
      tokens.expectOperator("=");
      values.add(expressions.expression());
    }
    return new Statement.With(position, List.copyOf(targets), List.copyOf(values), body("endwith"));
  }

  private Statement macro(Position position) {
    var name = variable().name();
    var outer = expressions.exchangeNamesRead(new HashSet<>());
    var parameters = parameters();
    var body = functionBody("endmacro");
    return new Statement.MacroDefinition(position, name, signature(parameters, outer), body);
  }

  private Statement call(Position position) {
    var outer = expressions.exchangeNamesRead(new HashSet<>());
    var parameters = tokens.atOperator("(") ? parameters() : List.<Statement.Parameter>of();
    if (!(expressions.expression() instanceof Expression.Invocation invocation)) {
      throw Tokens.syntax("A call block needs a call, such as {% call name() %}.", position);
    }
    var body = functionBody("endcall");
    return new Statement.CallBlock(position, signature(parameters, outer), invocation, body);
  }

  /** Ends a function: what it has read, the function around it has read too. */
  private MacroSignature signature(List<Statement.Parameter> parameters, Set<String> outer) {
    var read = expressions.exchangeNamesRead(outer);
    outer.addAll(read);
    var names = parameters.stream().map(Statement.Parameter::name).toList();
    return new MacroSignature(
        parameters,
        read.contains("varargs") && !names.contains("varargs"),
        read.contains("kwargs") && !names.contains("kwargs"),
        read.contains("caller") && !names.contains("caller"));
  }

  private List<Statement.Parameter> parameters() {
    tokens.expectOperator("(");
    List<Statement.Parameter> parameters = new ArrayList<>();
    while (!tokens.atOperator(")")) {
      if (!parameters.isEmpty()) {
        tokens.expectOperator(",");
      }
      var variable = variable();
      var fallback = tokens.skipOperator("=") ? expressions.expression() : null;
      if (fallback == null && !parameters.isEmpty() && parameters.getLast().fallback() != null) {
        throw Tokens.syntax(
            "Parameter '" + variable.name() + "' needs a default, as the one before it has one.",
            variable.position());
      }
      parameters.add(new Statement.Parameter(variable.name(), fallback));
    }
    tokens.expectOperator(")");
    return List.copyOf(parameters);
  }

  private List<Filter> blockFilters() {
    List<Filter> filters = new ArrayList<>();
    do {
      filters.add(expressions.filter());
    } while (tokens.skipOperator("|"));
    return List.copyOf(filters);
  }

  private Target target(boolean namespaces, String end) {
    var position = tokens.position();
    List<Target> targets = new ArrayList<>();
    do {
      if (!targets.isEmpty() && (tokens.atOperator("=") || end != null && tokens.atName(end))) {
        return new Target.Several(position, List.copyOf(targets));
      }
      targets.add(singleTarget(namespaces));
    } while (tokens.skipOperator(","));
    return targets.size() == 1
        ? targets.getFirst()
        : new Target.Several(position, List.copyOf(targets));
  }

  private Target singleTarget(boolean namespaces) {
    if (tokens.skipOperator("(")) {
      tokens.enter();
      var inner = target(namespaces, null);
      tokens.leave();
      tokens.expectOperator(")");
      return inner;
    }
    if (namespaces && tokens.following().isOperator(".")) {
      var position = tokens.position();
      var namespace = tokens.expectName();
      tokens.next();
      return new Target.NamespaceAttribute(position, namespace, tokens.expectName());
    }
    return variable();
  }

  private Target.Variable variable() {
    var position = tokens.position();
    var name = tokens.expectName();
    if (CONSTANTS.contains(name)) {
      throw Tokens.syntax("Cannot assign to the constant '" + name + "'.", position);
    }
    return new Target.Variable(position, name);
  }
}
