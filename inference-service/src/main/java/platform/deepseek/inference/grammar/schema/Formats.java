package platform.deepseek.inference.grammar.schema;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import platform.deepseek.inference.grammar.Expression;
import platform.deepseek.inference.grammar.regular.CharacterAutomaton;
import platform.deepseek.inference.grammar.regular.Pattern;

/**
 * The formats of strings that are regular languages. Each is a subset of what its standard allows:
 * what is generated is valid for strict readers too, so rare forms (a leap second, an address in
 * quotes) are left out.
 */
final class Formats {

  private static final String DATE =
      "(?:\\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])"
          + "|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)"
          + "|02-(?:0[1-9]|1\\d|2[0-8]))"
          + "|(?:\\d\\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)";
  private static final String TIME =
      "(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,9})?(?:Z|[+-](?:0\\d|1[0-7]):[0-5]\\d)";
  private static final String LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,29}[A-Za-z0-9])?";
  private static final String HOST_NAME = LABEL + "(?:\\." + LABEL + "){0,6}";
  private static final String OCTET = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
  private static final String IPV4 = "(?:" + OCTET + "\\.){3}" + OCTET;
  private static final String HEX = "[0-9A-Fa-f]{1,4}";
  private static final String URI_CHARACTER = "(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})";
  private static final String URI_TAIL =
      "(?:\\?(?:" + URI_CHARACTER + "|[/?])*)?(?:#(?:" + URI_CHARACTER + "|[/?])*)?";
  private static final String URI_PATH = "(?:/" + URI_CHARACTER + "*)*";
  private static final String MAILBOX_CHARACTER = "[A-Za-z0-9!#$%&'*+/=?^_{|}~-]";
  private static final Set<String> UNUSED_COUNTRIES = Set.of("bl", "bq", "eh", "mf", "um");
  private static final List<String> GENERIC_DOMAINS =
      List.of(
          "com",
          "org",
          "net",
          "edu",
          "gov",
          "mil",
          "int",
          "info",
          "biz",
          "name",
          "pro",
          "mobi",
          "travel",
          "jobs",
          "tel",
          "cat",
          "asia",
          "post",
          "coop",
          "museum",
          "aero",
          "app",
          "dev",
          "xyz",
          "online",
          "site",
          "website",
          "shop",
          "store",
          "tech",
          "blog",
          "cloud",
          "club",
          "email",
          "news",
          "live",
          "life",
          "world",
          "digital",
          "agency",
          "academy",
          "school",
          "design",
          "studio",
          "systems",
          "solutions",
          "services",
          "software",
          "support",
          "company",
          "consulting",
          "finance",
          "health",
          "media",
          "network",
          "press",
          "team",
          "today",
          "work",
          "space",
          "link",
          "wiki",
          "berlin",
          "london",
          "nyc",
          "paris",
          "tokyo");
  private static final String DURATION_TIME =
      "T(?:\\d+H(?:\\d+M(?:\\d+S)?)?|\\d+M(?:\\d+S)?|\\d+S)";

  private static final Map<String, String> PATTERNS =
      Map.ofEntries(
          Map.entry("date", DATE),
          Map.entry("time", TIME),
          Map.entry("date-time", DATE + "T" + TIME),
          Map.entry(
              "duration",
              "P(?:(?:\\d+D|\\d+M(?:\\d+D)?|\\d+Y(?:\\d+M(?:\\d+D)?)?)(?:%s)?|%s|\\d+W)"
                  .formatted(DURATION_TIME, DURATION_TIME)),
          Map.entry(
              "email",
              "%1$s{1,24}(?:\\.%1$s{1,12}){0,3}@(?:%2$s\\.){1,3}(?:%3$s)"
                  .formatted(MAILBOX_CHARACTER, LABEL, topLevelDomains())),
          Map.entry("hostname", HOST_NAME),
          Map.entry("ipv4", IPV4),
          Map.entry("ipv6", ipv6()),
          Map.entry(
              "uuid",
              "[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"),
          Map.entry(
              "uri",
              "(?:(?:https?|ftp|wss?|file)://%s(?::\\d{1,5})?%s%s|(?:mailto|urn|tel|data):%s+%s)"
                  .formatted(HOST_NAME, URI_PATH, URI_TAIL, URI_CHARACTER, "")));

  private static final Map<String, CharacterAutomaton> AUTOMATA = new ConcurrentHashMap<>();

  private static final Map<String, Expression> EXPRESSIONS = new ConcurrentHashMap<>();

  private Formats() {}

  /** Empty for a format that is not known. */
  static Optional<CharacterAutomaton> language(String format) {
    return Optional.ofNullable(PATTERNS.get(format))
        .map(
            pattern ->
                AUTOMATA.computeIfAbsent(
                    format, ignored -> CharacterAutomaton.matching(Pattern.read(pattern))));
  }

  /** Strings of a format and nothing else to follow, made once. */
  static Expression expression(String format) {
    return EXPRESSIONS.computeIfAbsent(
        format, name -> JsonText.string(language(name).orElseThrow()));
  }

  static String known() {
    return String.join(", ", PATTERNS.keySet().stream().sorted().toList());
  }

  /**
   * Strict readers of addresses know the domains that exist. Those of countries are all here, of
   * the others those in wide use.
   */
  private static String topLevelDomains() {
    return Stream.of(
            Stream.of(Locale.getISOCountries()), GENERIC_DOMAINS.stream(), Stream.of("uk", "eu"))
        .flatMap(names -> names)
        .map(name -> name.toLowerCase(Locale.ROOT))
        .filter(name -> !UNUSED_COUNTRIES.contains(name))
        .collect(Collectors.joining("|"));
  }

  private static String ipv6() {
    var forms = new StringBuilder("(?:(?:%s:){7}%s".formatted(HEX, HEX));
    // "::" stands for one group or more: so many groups before it, and at most the rest behind.
    for (int before = 0; before <= 7; before++) {
      forms.append('|');
      if (before > 0) {
        forms.append("%s(?::%s){%d}".formatted(HEX, HEX, before - 1));
      }
      forms.append("::");
      int behind = 7 - before;
      if (behind > 0) {
        forms.append("(?:%s(?::%s){0,%d})?".formatted(HEX, HEX, behind - 1));
      }
    }
    return forms.append(')').toString();
  }
}
