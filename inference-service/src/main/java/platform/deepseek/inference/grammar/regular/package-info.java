/**
 * Regular languages over code points: patterns of ECMA 262, their intersections and complements,
 * and the automata over bytes that a grammar takes.
 *
 * <p>A pattern becomes a nondeterministic automaton (Thompson), then a deterministic one by the
 * subset construction over classes of code points that nothing in the pattern tells apart. Length
 * limits and further patterns are intersections, forbidden names are complements. Only the last
 * step, {@link platform.deepseek.inference.grammar.regular.ByteForm}, knows UTF-8 and the escapes
 * of JSON. Every step has a limit on states and work, because patterns come from clients and
 * determinizing can double the states with every character of a pattern.
 */
package platform.deepseek.inference.grammar.regular;
