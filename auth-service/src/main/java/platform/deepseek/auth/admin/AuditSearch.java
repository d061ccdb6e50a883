package platform.deepseek.auth.admin;

import jakarta.ws.rs.QueryParam;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.Collectors;
import platform.deepseek.auth.audit.AuditPage;
import platform.deepseek.auth.audit.AuditQuery;
import platform.deepseek.auth.error.BadRequest;

/** What can be asked of the audit, as it stands in the address. */
public final class AuditSearch {

  private static final int USUAL = 100;
  private static final int MOST = 1_000;

  @QueryParam("from")
  String from;

  @QueryParam("to")
  String to;

  @QueryParam("tenant")
  String tenant;

  @QueryParam("actor")
  String actor;

  @QueryParam("action")
  String action;

  @QueryParam("object")
  String object;

  @QueryParam("outcome")
  String outcome;

  @QueryParam("source")
  String source;

  @QueryParam("correlation")
  String correlation;

  @QueryParam("after")
  String after;

  @QueryParam("limit")
  String limit;

  AuditQuery query() {
    return new AuditQuery(
        time("from", from),
        time("to", to),
        Optional.ofNullable(tenant),
        Optional.ofNullable(actor),
        Optional.ofNullable(action),
        Optional.ofNullable(object),
        Optional.ofNullable(outcome),
        Optional.ofNullable(source),
        Optional.ofNullable(correlation));
  }

  /** The address of the next page of the same search, from its question mark on. */
  String next(AuditPage.Cursor cursor) {
    SequencedMap<String, String> parameters = new LinkedHashMap<>();
    parameters.put("from", from);
    parameters.put("to", to);
    parameters.put("tenant", tenant);
    parameters.put("actor", actor);
    parameters.put("action", action);
    parameters.put("object", object);
    parameters.put("outcome", outcome);
    parameters.put("source", source);
    parameters.put("correlation", correlation);
    parameters.put("limit", limit);
    parameters.put("after", cursor.text());
    return parameters.entrySet().stream()
        .filter(one -> one.getValue() != null)
        .map(one -> one.getKey() + "=" + URLEncoder.encode(one.getValue(), StandardCharsets.UTF_8))
        .collect(Collectors.joining("&", "?", ""));
  }

  Optional<AuditPage.Cursor> cursor() {
    try {
      return Optional.ofNullable(after).map(AuditPage.Cursor::parse);
    } catch (IllegalArgumentException e) {
      throw BadRequest.invalid("after", "it is not the next of a page.");
    }
  }

  int size() {
    if (limit == null) {
      return USUAL;
    }
    try {
      int size = Integer.parseInt(limit);
      if (size >= 1 && size <= MOST) {
        return size;
      }
    } catch (NumberFormatException e) {
      throw BadRequest.invalid("limit", "it is no number.");
    }
    throw BadRequest.invalid("limit", "%s is not from 1 to %d.".formatted(limit, MOST));
  }

  private static Optional<Instant> time(String field, String value) {
    try {
      return Optional.ofNullable(value).map(Instant::parse);
    } catch (DateTimeException e) {
      throw BadRequest.invalid(field, "write it as 2027-01-31T12:00:00Z.");
    }
  }
}
