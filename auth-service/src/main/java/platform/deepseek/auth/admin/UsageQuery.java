package platform.deepseek.auth.admin;

import jakarta.ws.rs.QueryParam;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import platform.deepseek.auth.error.BadRequest;
import platform.deepseek.auth.usage.Dimension;
import platform.deepseek.auth.usage.UsageReport;

/** What is asked of a usage report. */
final class UsageQuery {

  private static final int LONGEST_REPORT = 366; // days

  /** First day, such as 2027-01-01; absent: that of this month, in UTC. */
  @QueryParam("from")
  String from;

  /** Last day; absent: today, in UTC. */
  @QueryParam("to")
  String to;

  @QueryParam("tenant")
  String tenant;

  @QueryParam("user")
  String user;

  @QueryParam("key")
  String key;

  @QueryParam("model")
  String model;

  /** What lines are told apart by, such as day,key,model; absent: everything. */
  @QueryParam("by")
  String by;

  UsageReport report(LocalDate today) {
    LocalDate last = Fields.day("to", to, today);
    LocalDate first = Fields.day("from", from, last.withDayOfMonth(1));
    if (first.isAfter(last) || first.plusDays(LONGEST_REPORT).isBefore(last)) {
      throw BadRequest.invalid(
          "from",
          "%s to %s is not a time of at most %d days.".formatted(first, last, LONGEST_REPORT));
    }
    Map<Dimension, String> only = new EnumMap<>(Dimension.class);
    put(only, Dimension.TENANT, tenant);
    put(only, Dimension.USER, user);
    put(only, Dimension.KEY, key);
    put(only, Dimension.MODEL, model);
    return new UsageReport(first, last, only, dimensions());
  }

  private static void put(Map<Dimension, String> only, Dimension dimension, String value) {
    if (value != null) {
      only.put(dimension, value);
    }
  }

  /** In their own order, whatever the order in which they were named. */
  private List<Dimension> dimensions() {
    if (by == null) {
      return List.of(Dimension.values());
    }
    List<Dimension> named = new ArrayList<>();
    for (String label : by.split(",", -1)) {
      named.add(
          Dimension.of(label)
              .orElseThrow(
                  () ->
                      BadRequest.invalid(
                          "by",
                          "'%s' is not %s."
                              .formatted(
                                  label,
                                  Stream.of(Dimension.values())
                                      .map(Dimension::label)
                                      .collect(Collectors.joining(", "))))));
    }
    return named.stream().distinct().sorted().toList();
  }

  /** Where the next page begins, as text that fits into an address. */
  static String cursor(UsageReport.Line line) {
    String values = String.join("\n", line.subject().values());
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(values.getBytes(StandardCharsets.UTF_8));
  }

  static List<String> after(String cursor, UsageReport report) {
    if (cursor == null) {
      return List.of();
    }
    try {
      List<String> values =
          List.of(
              new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.UTF_8)
                  .split("\n", -1));
      if (values.size() == report.by().size()) {
        if (report.by().getFirst() == Dimension.DAY) {
          Fields.day("after", values.getFirst(), null);
        }
        return values;
      }
    } catch (IllegalArgumentException e) { // not base 64
      throw BadRequest.invalid("after", "it is not the 'next' of a report.");
    }
    throw BadRequest.invalid("after", "it is the 'next' of another report.");
  }
}
