package platform.deepseek.inference.grammar.schema;

import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Schemas that one value must follow, all of them. Two goals of the same schemas are the same rule,
 * which is what ends recursion: there are finitely many places in a document.
 *
 * @param probe whether only its emptiness is asked; the branches of oneOf may then overlap
 */
record Goal(Set<Location> schemas, boolean probe) {

  static Goal of(Collection<Location> schemas, boolean probe) {
    var constraining = new LinkedHashSet<Location>();
    for (var schema : schemas) {
      boolean anything =
          schema.json().isBoolean() ? schema.json().booleanValue() : schema.json().isEmpty();
      if (!anything) {
        constraining.add(schema);
      }
    }
    return new Goal(constraining, probe);
  }

  static Goal of(Location schema) {
    return of(List.of(schema), false);
  }

  boolean isImpossible() {
    return schemas.stream()
        .anyMatch(schema -> schema.json().isBoolean() && !schema.json().booleanValue());
  }
}
