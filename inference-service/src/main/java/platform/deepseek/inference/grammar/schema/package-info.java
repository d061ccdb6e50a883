/**
 * JSON Schema (draft 2020-12, and what draft 7 wrote differently about arrays and definitions) as
 * grammars: {@link platform.deepseek.inference.grammar.schema.JsonSchemas} is the way in.
 *
 * <p>The promise is that a finished text validates. So a keyword that constrains is honoured or
 * refused by name ({@link platform.deepseek.inference.grammar.schema.UnsupportedSchemaException}),
 * one that is not known is refused too (it may be a misspelt one), and annotations are ignored. The
 * grammar may be narrower than the schema where that serves the model, never wider.
 *
 * <p><b>How.</b> A rule of the grammar is a {@code Goal}: the set of places in the document that
 * one value must follow. {@code Alternatives} merges $ref and allOf into it and multiplies out
 * anyOf and oneOf, so that what is left is a {@code Conjunction} of plain keywords; each type of
 * value then has a class that makes its expression. Since there are finitely many places, recursion
 * ends. Branches of oneOf must be disjoint: the goal "both branches" is compiled like any other,
 * and the schema is refused if it matches any text. {@code Productivity} finds that out, and takes
 * away what no text can follow, so that generation never runs into a dead end. enum and const are
 * checked value by value against all that stands beside them ({@code Evaluation}).
 *
 * <p><b>Decisions.</b>
 *
 * <ul>
 *   <li>Properties come in the order of the schema (merged ones in the order in which they are
 *       reached, then those only required), then others, whose names are none of the declared ones.
 *       So no declared property can come twice, and the grammar stays linear in their number. Other
 *       names may repeat; that is why minProperties is refused where it would have to count them.
 *   <li>Strings with a pattern, a format or from an enum, and names of properties, are written with
 *       the shortest escapes and only where they are needed: an automaton over characters is turned
 *       into one over bytes. Free strings, limited in length or not, take every escape of JSON.
 *   <li>Integers have no fraction, exponent or negative zero. Numbers have at most 18 digits before
 *       and behind the point, and exponents of two digits, so that no reader overflows; within
 *       bounds they have no exponent, and 9 digits behind the point if the bounds have no more.
 *   <li>White space: none is needed; at most two spaces, or one line end with at most 32 spaces or
 *       16 tabs, so that pretty printing fits and a model cannot fill its limit with blanks.
 *   <li>Formats are subsets that strict readers take: an email address ends in a country or a well
 *       known domain, a time has no leap second, a URI has one of the usual schemes.
 *   <li>Patterns are read as JSON Schema says: searched for anywhere, with the u flag.
 *   <li>A most of more than 100,000 items, characters or properties is none: no answer gets there.
 *   <li>Everything has a limit: nesting 200, 200,000 values of a schema, 2,000 cases of merged
 *       branches, 50,000 rules, 10,000 states of an automaton (16,384 over bytes, 50,000 in all), 5
 *       seconds. A refusal has the numbers.
 * </ul>
 */
package platform.deepseek.inference.grammar.schema;
