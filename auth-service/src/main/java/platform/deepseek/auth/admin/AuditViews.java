package platform.deepseek.auth.admin;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import platform.deepseek.auth.audit.AuditEvent;
import platform.deepseek.auth.audit.AuditPage;
import platform.deepseek.auth.watermark.Mark;
import platform.deepseek.auth.watermark.Watermark;

/** Events as they are shown, each with the marks of whom they are shown to. */
final class AuditViews {

  static final String CSV_HEADER =
      "time,tenant,user,key,role,source,action,object,outcome,correlation,details,partition,"
          + "sequence,reference,seen_by\n";

  private AuditViews() {}

  /**
   * Who looks.
   *
   * @param name of the viewer: user and key
   * @param time of the view
   */
  record Viewer(String name, String role, Instant time, Mark mark) {
    /** What everybody sees. */
    String visible() {
      return "%s (%s) at %s, view %s".formatted(name, role, time, mark.text());
    }
  }

  record ActorView(String tenant, String user, String key, String role) {}

  /**
   * @param reference names this row in this view
   */
  record EventView(
      Instant time,
      ActorView actor,
      String source,
      String action,
      String object,
      String outcome,
      String correlation,
      Map<String, String> details,
      String partition,
      long sequence,
      String reference) {

    static EventView of(AuditPage.Found found, long row, Viewer viewer, Watermark watermark) {
      AuditEvent event = found.event();
      return new EventView(
          found.time(),
          new ActorView(
              event.actor().tenant(),
              event.actor().user(),
              event.actor().key(),
              event.actor().role()),
          event.source(),
          event.action(),
          event.object(),
          event.outcome().label(),
          event.correlation(),
          event.details(),
          found.partition(),
          found.sequence(),
          watermark.reference(viewer.mark(), row));
    }

    /** Names and values as one sentence. */
    String sentence() {
      return details.entrySet().stream()
          .sorted(Map.Entry.comparingByKey())
          .map(detail -> detail.getKey() + "=" + detail.getValue())
          .collect(Collectors.joining("; "));
    }

    String csv(long row, Viewer viewer) {
      return Csv.line(
          List.of(
              Watermark.time(time, viewer.mark(), row),
              actor.tenant(),
              actor.user(),
              actor.key(),
              actor.role(),
              source,
              action,
              object,
              outcome,
              correlation,
              sentence(),
              partition,
              Long.toString(sequence),
              reference,
              Watermark.hidden(viewer.visible(), viewer.mark())));
    }
  }

  /**
   * @param seenBy who asked for this page, which is an event of its own
   * @param next to be sent as {@code after} for the next page
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record PageView(List<EventView> data, String seenBy, String next) {}
}
