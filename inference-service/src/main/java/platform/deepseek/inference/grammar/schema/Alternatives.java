package platform.deepseek.inference.grammar.schema;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Turns a goal into conjunctions of which one must hold: $ref and allOf are merged, anyOf and oneOf
 * are multiplied out.
 */
final class Alternatives {

  private static final int MOST = 2_000;

  /**
   * One way to fulfil a goal.
   *
   * @param rivals goals that no value may reach, because a branch of oneOf excludes its siblings
   */
  record Alternative(Conjunction conjunction, List<Rival> rivals) {}

  /** Two branches of one oneOf at once, with all else that holds. */
  record Rival(String path, String first, String second, Goal both) {}

  /** Branches of which one is still to be chosen. */
  private record Branching(
      SchemaNode node, List<Location> branches, boolean exclusive, Set<Location> above) {}

  private record Open(
      Set<Location> chosen, List<Branching> branchings, List<Branching> exclusive) {}

  private final SchemaDocument document;

  Alternatives(SchemaDocument document) {
    this.document = document;
  }

  List<Alternative> of(Goal goal) {
    var start = new Open(new LinkedHashSet<>(), List.of(), List.of());
    for (var schema : goal.schemas()) {
      start = with(start, schema, Set.of());
    }
    var done = new ArrayList<Alternative>();
    var open = new ArrayList<Open>(List.of(start));
    while (!open.isEmpty()) {
      var next = open.removeLast();
      if (next.branchings().isEmpty()) {
        done.add(alternative(next, goal.probe()));
      } else {
        open.addAll(choose(next, goal.probe()).reversed());
      }
      if (done.size() + open.size() > MOST) {
        throw new UnsupportedSchemaException(
            goal.schemas().iterator().next().path(),
            "anyOf",
            "its branches combine to more than %,d cases; use fewer of them together"
                .formatted(MOST));
      }
    }
    return done;
  }

  private List<Open> choose(Open open, boolean probe) {
    var branching = open.branchings().getFirst();
    var rest =
        new Open(
            open.chosen(),
            open.branchings().subList(1, open.branchings().size()),
            open.exclusive());
    var held = branching.branches().stream().filter(open.chosen()::contains).findFirst();
    if (held.isPresent() && (probe || !branching.exclusive())) {
      return List.of(rest);
    }
    var options = held.map(List::of).orElse(branching.branches());
    var results = new ArrayList<Open>();
    for (var branch : options) {
      var exclusive = new ArrayList<>(rest.exclusive());
      if (branching.exclusive() && !probe) {
        exclusive.add(
            new Branching(branching.node(), rivalsFirst(branching, branch), true, Set.of()));
      }
      var copy = new Open(new LinkedHashSet<>(rest.chosen()), rest.branchings(), exclusive);
      var chosen = with(copy, branch, branching.above());
      if (!conjunction(chosen).types().isEmpty()) {
        results.add(chosen);
      }
    }
    return results;
  }

  /** The chosen branch, and behind it those that must not hold as well. */
  private static List<Location> rivalsFirst(Branching branching, Location chosen) {
    var list = new ArrayList<>(List.of(chosen));
    branching.branches().stream().filter(branch -> !branch.equals(chosen)).forEach(list::add);
    return list;
  }

  private Alternative alternative(Open open, boolean probe) {
    var conjunction = conjunction(open);
    var rivals = new ArrayList<Rival>();
    if (!probe && conjunction.candidates().isEmpty()) {
      for (var exclusive : open.exclusive()) {
        var chosen = exclusive.branches().getFirst();
        for (var other : exclusive.branches().subList(1, exclusive.branches().size())) {
          var both = new LinkedHashSet<>(open.chosen());
          both.add(other);
          rivals.add(
              new Rival(
                  exclusive.node().location().path(),
                  chosen.path(),
                  other.path(),
                  Goal.of(both, true)));
        }
      }
    }
    return new Alternative(conjunction, rivals);
  }

  private Conjunction conjunction(Open open) {
    return new Conjunction(open.chosen().stream().map(document::read).toList());
  }

  /** Adds a schema with all that it applies to the same value. */
  private Open with(Open open, Location schema, Set<Location> above) {
    if (above.contains(schema)) {
      throw new MalformedSchemaException(
          schema.path(), "$ref", "it leads back to itself, with no value in between");
    }
    if (!open.chosen().add(schema)) {
      return open;
    }
    var node = document.read(schema);
    var path = new LinkedHashSet<>(above);
    path.add(schema);
    var result = open;
    for (var applied : node.applied()) {
      result = with(result, applied, path);
    }
    var branchings = new ArrayList<>(result.branchings());
    node.anyOf().ifPresent(branches -> branchings.add(new Branching(node, branches, false, path)));
    node.oneOf().ifPresent(branches -> branchings.add(new Branching(node, branches, true, path)));
    return new Open(result.chosen(), branchings, result.exclusive());
  }
}
