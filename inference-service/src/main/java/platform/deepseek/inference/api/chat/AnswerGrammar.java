package platform.deepseek.inference.api.chat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import platform.deepseek.inference.grammar.Expression;
import platform.deepseek.inference.grammar.Expression.Characters;
import platform.deepseek.inference.grammar.Expression.Choice;
import platform.deepseek.inference.grammar.Expression.Literal;
import platform.deepseek.inference.grammar.Expression.Range;
import platform.deepseek.inference.grammar.Expression.Repeat;
import platform.deepseek.inference.grammar.Expression.Sequence;
import platform.deepseek.inference.grammar.Expression.Until;
import platform.deepseek.inference.grammar.Expression.Without;
import platform.deepseek.inference.grammar.Grammar;
import platform.deepseek.inference.text.answer.AnswerFormat;
import platform.deepseek.inference.text.answer.AnswerStart;
import platform.deepseek.inference.text.answer.ReasoningFormat;
import platform.deepseek.inference.text.answer.ToolFormat;

/*
 * What a whole answer must look like, markers and all, so that whoever reads it finds what was
 * asked for: reasoning first and free, then calls of the given tools with arguments that their
 * schemas allow, or JSON of the wanted shape, or text.
 *
 * Where tools may be called and need not be, text is free up to the marker of a call, and from
 * there on it has to be a call: a model that begins one cannot break it off or call what is not
 * there. Llama writes calls without a marker; there only a call that is required is held to its
 * form.
 */
/** Builds the grammar of an answer. */
final class AnswerGrammar {

  private static final Expression SPACE =
      new Repeat(new Characters(List.of(new Range('\t', '\n'), new Range(' ', ' '))), 0, 4);

  private final AnswerFormat format;
  private final AnswerStart start;
  private final Schemas schemas = new Schemas();

  private AnswerGrammar(AnswerFormat format, AnswerStart start) {
    this.format = format;
    this.start = start;
  }

  /**
   * The grammar of an answer, or empty where everything is allowed.
   *
   * @param start where the answer begins
   * @throws platform.deepseek.inference.api.error.ApiException a schema that has to be enforced and
   *     cannot be
   */
  static Optional<Grammar> of(ChatRequest request, AnswerFormat format, AnswerStart start) {
    return new AnswerGrammar(format, start).build(request);
  }

  private Optional<Grammar> build(ChatRequest request) {
    Optional<Expression> body = body(request);
    if (body.isEmpty()) {
      return Optional.empty();
    }
    Map<String, Expression> rules = new LinkedHashMap<>();
    rules.put("answer", reasoned(body.get()));
    rules.putAll(schemas.rules());
    return Optional.of(new Grammar("answer", rules));
  }

  private Expression reasoned(Expression body) {
    if (format.reasoning().isEmpty()) {
      return body;
    }
    ReasoningFormat reasoning = format.reasoning().get();
    Expression rest = Sequence.of(new Until(reasoning.close()), SPACE, body);
    return switch (start) {
      case CONTENT -> body;
      case REASONING -> rest;
      case EITHER -> Choice.of(Sequence.of(SPACE, new Literal(reasoning.open()), rest), body);
    };
  }

  private Optional<Expression> body(ChatRequest request) {
    Optional<Expression> shape = shape(request.shape());
    if (!request.toolChoice().callable()) {
      return shape;
    }
    List<Tool> callable =
        request.tools().stream()
            .filter(tool -> request.toolChoice().names().contains(tool.name()))
            .toList();
    ToolFormat tools = format.tools().orElseThrow();
    boolean required = request.toolChoice().mode() == ToolChoice.Mode.REQUIRED;
    boolean several = request.parallelCalls();
    return switch (tools) {
      case ToolFormat.JsonCalls json -> {
        Expression call = call(json, callable);
        if (required) {
          yield Optional.of(several && !json.open().isBlank() ? list(call, SPACE) : call);
        }
        if (shape.isPresent()) {
          yield Optional.of(Choice.of(several ? list(call, SPACE) : call, shape.get()));
        }
        yield json.open().isBlank() ? Optional.empty() : Optional.of(free(json, callable, several));
      }
      case ToolFormat.MarkedCalls marked -> {
        Expression calls = calls(marked, callable, several);
        Expression section = Sequence.of(new Literal(opening(marked)), calls);
        if (required) {
          yield Optional.of(section);
        }
        if (shape.isPresent()) {
          yield Optional.of(Choice.of(section, shape.get()));
        }
        yield Optional.of(
            Choice.of(
                new Without(opening(marked)), Sequence.of(new Until(opening(marked)), calls)));
      }
    };
  }

  private Optional<Expression> shape(AnswerShape shape) {
    return switch (shape) {
      case AnswerShape.Text text -> Optional.empty();
      case AnswerShape.JsonObject object -> Optional.of(schemas.anyObject());
      case AnswerShape.JsonSchema(var schema, String path) ->
          Optional.of(schemas.enforced(schema, path));
    };
  }

  // ---- calls as JSON objects

  private Expression call(ToolFormat.JsonCalls json, List<Tool> tools) {
    return Sequence.of(new Literal(json.open().strip()), object(json, tools));
  }

  /** Text in which a call's marker is only the beginning of a call. */
  private Expression free(ToolFormat.JsonCalls json, List<Tool> tools, boolean several) {
    Expression called = Sequence.of(new Until(json.open().strip()), object(json, tools));
    return Sequence.of(
        new Repeat(called, 0, several ? Expression.UNBOUNDED : 1),
        new Without(json.open().strip()));
  }

  /** What follows the opening marker. */
  private Expression object(ToolFormat.JsonCalls json, List<Tool> tools) {
    List<Expression> calls = new ArrayList<>();
    for (Tool tool : tools) {
      calls.add(
          Sequence.of(
              new Literal(tool.name() + "\""),
              SPACE,
              new Literal(","),
              SPACE,
              new Literal("\"" + json.argumentsName() + "\""),
              SPACE,
              new Literal(":"),
              SPACE,
              schemas.arguments(tool)));
    }
    return Sequence.of(
        SPACE,
        new Literal("{"),
        SPACE,
        new Literal("\"name\""),
        SPACE,
        new Literal(":"),
        SPACE,
        new Literal("\""),
        new Choice(calls),
        SPACE,
        new Literal("}"),
        SPACE,
        new Literal(json.close().strip()));
  }

  // ---- calls between markers

  /** What a section of calls begins with, up to the first name. */
  private static String opening(ToolFormat.MarkedCalls marked) {
    return marked.open() + marked.beforeName();
  }

  /** What follows the opening. */
  private Expression calls(ToolFormat.MarkedCalls marked, List<Tool> tools, boolean several) {
    List<Expression> options = new ArrayList<>();
    for (Tool tool : tools) {
      options.add(
          Sequence.of(
              new Literal(tool.name() + marked.beforeArguments()),
              schemas.arguments(tool),
              new Literal(marked.afterArguments())));
    }
    Expression call = new Choice(options);
    Expression more = Sequence.of(new Literal(marked.between() + marked.beforeName()), call);
    return Sequence.of(
        call, new Repeat(more, 0, several ? Expression.UNBOUNDED : 0), new Literal(marked.close()));
  }

  private static Expression list(Expression element, Expression separator) {
    return Sequence.of(
        element, new Repeat(Sequence.of(separator, element), 0, Expression.UNBOUNDED));
  }
}
