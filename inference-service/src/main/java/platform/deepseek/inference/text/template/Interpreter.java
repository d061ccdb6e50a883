package platform.deepseek.inference.text.template;

import java.util.List;
import java.util.Map;
import platform.deepseek.inference.text.template.Expression.Filter;
import platform.deepseek.inference.text.template.Statement.MacroSignature;
import platform.deepseek.inference.text.template.Statement.Target;

/** Runs the statements of one rendering. */
final class Interpreter {

  /* A chat template is the part of a model that turns messages into its prompt; one wrong space and
   * the model sees something it was not trained on. The templates are written against Python's
   * Jinja2 as transformers sets it up (ImmutableSandboxedEnvironment, trim_blocks, lstrip_blocks,
   * loop controls, a plain tojson, raise_exception, strftime_now, generation tags), and that is the
   * specification here, down to how Python prints a float or a list. Everything a template can do
   * without a second file is done; includes, inheritance and autoescaping are not.
   *
   * Shape. Lexer -> Parser -> a tree of records -> this walk. Jinja compiles to Python instead,
   * which pays off for pages rendered a million times; a prompt is rendered once a request and takes
   * well under a millisecond, so the plain walk wins by being readable.
   *
   * Scopes. Jinja resolves names when it compiles, but what its rules mean is a chain of scopes: a
   * loop's body, a with, a block set, a filter block, a macro and a call block open one, an if does
   * not. To set hides the outer name until the scope ends; only a namespace carries a value out. A
   * macro sees the scope it was defined in, as it is when the macro is called.
   *
   * Undefined. A missing name prints as nothing, is false and empty, and fails only when computed
   * with. Attributes of dicts are methods first (m.items), subscripts are keys first (m['items']).
   *
   * Not as in Jinja, on purpose: values are frozen by copying them in (the sandbox refuses methods
   * that change a list or dict anyway); filters e and safe give plain strings; an unknown filter
   * fails when reached, not when read; integers stop at 16384 bits.
   *
   * Bounds. Template and variables are not ours. Every node costs a step, every value its size,
   * every level depth; see Limits. The depth bound, not the stack, ends deep nesting, so no
   * StackOverflowError can happen on a thread with half a megabyte of stack.
   *
   * Sources: jinja2 3.1.6 (parser, compiler, runtime, filters, sandbox), transformers 4.57
   * utils/chat_template_utils.py. The tests compare with jinja2 itself where Python has it. */

  /** How a list of statements ended. */
  private enum Completion {
    NORMAL,
    BREAK,
    CONTINUE
  }

  private final Budget budget;
  private final Evaluator evaluator;

  Interpreter(Budget budget) {
    this.budget = budget;
    this.evaluator = new Evaluator(budget);
  }

  String render(List<Statement> statements, Scope scope) {
    var out = new StringBuilder();
    run(statements, scope, out);
    return out.toString();
  }

  private Completion run(List<Statement> statements, Scope scope, StringBuilder out) {
    for (var statement : statements) {
      try {
        budget.step();
        budget.enter();
        var completion = run(statement, scope, out);
        budget.leave();
        if (completion != Completion.NORMAL) {
          return completion;
        }
      } catch (Fault fault) {
        throw fault.at(statement.position());
      }
    }
    return Completion.NORMAL;
  }

  private Completion run(Statement statement, Scope scope, StringBuilder out) {
    switch (statement) {
      case Statement.Text text -> write(text.text(), out);
      case Statement.Output output ->
          write(Representation.str(evaluator.evaluate(output.value(), scope)), out);
      case Statement.If conditional -> {
        return choose(conditional, scope, out);
      }
      case Statement.For loop -> {
        return new Loop(loop, scope).run(evaluator.evaluate(loop.iterable(), scope), 0, out);
      }
      case Statement.Assignment assignment ->
          assign(assignment.target(), evaluator.evaluate(assignment.value(), scope), scope);
      case Statement.BlockAssignment block -> {
        var text = filtered(capture(block.body(), new Scope(scope)), block.filters(), scope);
        assign(block.target(), text, scope);
      }
      case Statement.With with -> {
        return run(with.body(), bind(with, scope), out);
      }
      case Statement.MacroDefinition macro ->
          scope.set(macro.name(), function(macro.name(), macro.signature(), macro.body(), scope));
      case Statement.CallBlock call -> write(Representation.str(callWithBody(call, scope)), out);
      case Statement.FilterBlock block -> {
        var text = filtered(capture(block.body(), new Scope(scope)), block.filters(), scope);
        write(Representation.str(text), out);
      }
      case Statement.Generation generation -> run(generation.body(), new Scope(scope), out);
      case Statement.Break end -> {
        return Completion.BREAK;
      }
      case Statement.Continue end -> {
        return Completion.CONTINUE;
      }
    }
    return Completion.NORMAL;
  }

  private void write(String text, StringBuilder out) {
    budget.allocate(text.length());
    budget.output((long) out.length() + text.length());
    out.append(text);
  }

  private Completion choose(Statement.If conditional, Scope scope, StringBuilder out) {
    for (var branch : conditional.branches()) {
      if (evaluator.isTrue(branch.test(), scope)) {
        return run(branch.body(), scope, out);
      }
    }
    return run(conditional.otherwise(), scope, out);
  }

  private String capture(List<Statement> body, Scope scope) {
    var out = new StringBuilder();
    run(body, scope, out);
    return captured(out);
  }

  /** Captured text is a value like others until it is written. */
  private String captured(StringBuilder out) {
    budget.allocate(out.length());
    return out.toString();
  }

  private Object filtered(Object input, List<Filter> filters, Scope scope) {
    var value = input;
    for (var filter : filters) {
      value = evaluator.filter(value, filter, scope);
    }
    return value;
  }

  private Scope bind(Statement.With with, Scope scope) {
    var inner = new Scope(scope);
    for (var i = 0; i < with.targets().size(); i++) {
      assign(with.targets().get(i), evaluator.evaluate(with.values().get(i), scope), inner);
    }
    return inner;
  }

  private void assign(Target target, Object value, Scope scope) {
    switch (target) {
      case Target.Variable variable -> scope.set(variable.name(), value);
      case Target.NamespaceAttribute attribute -> {
        if (!(scope.get(attribute.namespace()) instanceof Namespace namespace)) {
          throw Fault.of("cannot assign attribute on non-namespace object").at(target.position());
        }
        namespace.attributes().put(attribute.attribute(), value);
      }
      case Target.Several several -> unpack(several, value, scope);
    }
  }

  private void unpack(Target.Several several, Object value, Scope scope) {
    var values = Sequences.list(value, budget);
    var wanted = several.targets().size();
    if (values.size() != wanted) {
      throw Fault.of("expected " + wanted + " values to unpack, got " + values.size())
          .at(several.position());
    }
    for (var i = 0; i < wanted; i++) {
      assign(several.targets().get(i), values.get(i), scope);
    }
  }

  private Macro function(
      String name, MacroSignature signature, List<Statement> body, Scope defining) {
    return new Macro(name, signature, bound -> callMacro(signature, body, defining, bound));
  }

  private String callMacro(
      MacroSignature signature, List<Statement> body, Scope defining, Map<String, Object> bound) {
    budget.enter();
    var scope = new Scope(defining);
    bound.forEach(scope::set);
    for (var parameter : signature.parameters()) {
      if (!bound.containsKey(parameter.name())) {
        scope.set(
            parameter.name(),
            parameter.fallback() == null
                ? new Undefined("parameter '" + parameter.name() + "' was not provided")
                : evaluator.evaluate(parameter.fallback(), scope));
      }
    }
    var text = capture(body, scope);
    budget.leave();
    return text;
  }

  private Object callWithBody(Statement.CallBlock call, Scope scope) {
    var callee = evaluator.evaluate(call.invocation().callee(), scope);
    var arguments = evaluator.arguments(call.invocation().arguments(), scope);
    arguments
        .named()
        .put("caller", function(null, call.signature(), call.body(), new Scope(scope)));
    return evaluator.call(callee, arguments);
  }

  /** A for statement in the scope around it; recursive ones come back here with other items. */
  private final class Loop {

    private final Statement.For loop;
    private final Scope scope;

    Loop(Statement.For loop, Scope scope) {
      this.loop = loop;
      this.scope = scope;
    }

    Completion run(Object iterable, int depth, StringBuilder out) {
      var state = new LoopState(chosen(iterable), recursion(depth), depth, budget);
      var completed = false;
      while (state.advance()) {
        budget.step();
        var inner = new Scope(scope);
        assign(loop.target(), state.current(), inner);
        inner.set("loop", state);
        var completion = Interpreter.this.run(loop.body(), inner, out);
        if (completion == Completion.BREAK) {
          break;
        }
        completed |= completion == Completion.NORMAL;
      }
      // Jinja's else follows a loop of which no round came to its end, be it by break or continue.
      return completed
          ? Completion.NORMAL
          : Interpreter.this.run(loop.otherwise(), new Scope(scope), out);
    }

    private Object chosen(Object iterable) {
      if (loop.filter() == null) {
        return iterable;
      }
      return new Generator(Generator.filtering(Sequences.iterate(iterable), this::satisfiesFilter));
    }

    private boolean satisfiesFilter(Object item) {
      budget.step();
      var inner = new Scope(scope);
      assign(loop.target(), item, inner);
      return evaluator.isTrue(loop.filter(), inner);
    }

    private Callable recursion(int depth) {
      if (!loop.recursive()) {
        return null;
      }
      return arguments -> {
        arguments.check("loop", 1, "iterable");
        budget.enter();
        var out = new StringBuilder();
        run(arguments.get(0, "iterable", null), depth + 1, out);
        budget.leave();
        return captured(out);
      };
    }
  }
}
