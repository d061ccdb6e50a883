package platform.deepseek.inference.grammar.regular;

import java.lang.Character.UnicodeScript;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The sets of characters that patterns of ECMA 262 have names for. */
final class CharacterClasses {

  static final CodePointSet DIGIT = CodePointSet.of('0', '9');
  static final CodePointSet WORD =
      CodePointSet.union(
          List.of(
              DIGIT,
              CodePointSet.of('a', 'z'),
              CodePointSet.of('A', 'Z'),
              CodePointSet.of('_', '_')));
  static final CodePointSet SPACE =
      CodePointSet.union(
          List.of(
              CodePointSet.of('\t', '\r'),
              CodePointSet.ofCharacters(" \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff"),
              CodePointSet.of(0x2000, 0x200A)));
  static final CodePointSet DOT = CodePointSet.ofCharacters("\n\r\u2028\u2029").complement();

  /** Short names of general categories, with the numbers that Character.getType has for them. */
  private static final Map<String, List<Integer>> CATEGORIES =
      Map.ofEntries(
          Map.entry("L", List.of(1, 2, 3, 4, 5)),
          Map.entry("LC", List.of(1, 2, 3)),
          Map.entry("Lu", List.of(1)),
          Map.entry("Ll", List.of(2)),
          Map.entry("Lt", List.of(3)),
          Map.entry("Lm", List.of(4)),
          Map.entry("Lo", List.of(5)),
          Map.entry("M", List.of(6, 7, 8)),
          Map.entry("Mn", List.of(6)),
          Map.entry("Me", List.of(7)),
          Map.entry("Mc", List.of(8)),
          Map.entry("N", List.of(9, 10, 11)),
          Map.entry("Nd", List.of(9)),
          Map.entry("Nl", List.of(10)),
          Map.entry("No", List.of(11)),
          Map.entry("P", List.of(20, 21, 22, 23, 24, 29, 30)),
          Map.entry("Pd", List.of(20)),
          Map.entry("Ps", List.of(21)),
          Map.entry("Pe", List.of(22)),
          Map.entry("Pc", List.of(23)),
          Map.entry("Po", List.of(24)),
          Map.entry("Pi", List.of(29)),
          Map.entry("Pf", List.of(30)),
          Map.entry("S", List.of(25, 26, 27, 28)),
          Map.entry("Sm", List.of(25)),
          Map.entry("Sc", List.of(26)),
          Map.entry("Sk", List.of(27)),
          Map.entry("So", List.of(28)),
          Map.entry("Z", List.of(12, 13, 14)),
          Map.entry("Zs", List.of(12)),
          Map.entry("Zl", List.of(13)),
          Map.entry("Zp", List.of(14)));

  private static final Map<String, String> LONG_NAMES =
      Map.ofEntries(
          Map.entry("Letter", "L"),
          Map.entry("Cased_Letter", "LC"),
          Map.entry("Uppercase_Letter", "Lu"),
          Map.entry("Lowercase_Letter", "Ll"),
          Map.entry("Mark", "M"),
          Map.entry("Number", "N"),
          Map.entry("Decimal_Number", "Nd"),
          Map.entry("digit", "Nd"),
          Map.entry("Punctuation", "P"),
          Map.entry("punct", "P"),
          Map.entry("Symbol", "S"),
          Map.entry("Separator", "Z"),
          Map.entry("Space_Separator", "Zs"));

  private CharacterClasses() {}

  /** The set behind \p{name}: a general category or a script; empty if there is none. */
  static Optional<CodePointSet> property(String name) {
    int equals = name.indexOf('=');
    var kind = equals < 0 ? "" : name.substring(0, equals);
    var value = name.substring(equals + 1);
    return switch (kind) {
      case "", "General_Category", "gc" -> category(value);
      case "Script", "sc" -> script(value);
      default -> Optional.empty();
    };
  }

  private static Optional<CodePointSet> category(String name) {
    var types = CATEGORIES.get(LONG_NAMES.getOrDefault(name, name));
    return Optional.ofNullable(types)
        .map(
            numbers ->
                CodePointSet.ofProperty(
                    numbers.toString(), c -> numbers.contains(Character.getType(c))));
  }

  private static Optional<CodePointSet> script(String name) {
    for (var script : UnicodeScript.values()) {
      if (script.name().equals(name.toUpperCase(Locale.ROOT))) {
        return Optional.of(
            CodePointSet.ofProperty(script.name(), c -> UnicodeScript.of(c) == script));
      }
    }
    return Optional.empty();
  }
}
