package platform.deepseek.auth.admin;

import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.jboss.resteasy.reactive.RestResponse;
import platform.deepseek.auth.access.Action;
import platform.deepseek.auth.admin.AuditViews.EventView;
import platform.deepseek.auth.admin.AuditViews.Viewer;
import platform.deepseek.auth.audit.AuditPage;
import platform.deepseek.auth.audit.AuditReader;
import platform.deepseek.auth.crypto.Digest;
import platform.deepseek.auth.watermark.Watermark;

/** The audit as a page of its own, without a script and without anything from elsewhere. */
@Path("/logs")
@RunOnVirtualThread
public class LogPage {

  private static final int ROWS_BETWEEN_NAMES = 20;
  private static final String STYLE =
      "body{font:14px system-ui,sans-serif;margin:2em}table{border-collapse:collapse}"
          + "td,th{border-bottom:1px solid #ccc;padding:.3em .6em;text-align:left;"
          + "vertical-align:top}.seen{background:#fff3c4;font-weight:600}";
  private static final String POLICY =
      "default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; form-action 'none';"
              .formatted(
                  Base64.getEncoder()
                      .encodeToString(Digest.SHA_256.of(STYLE.getBytes(StandardCharsets.UTF_8))))
          + " frame-ancestors 'none'";
  private static final List<String> COLUMNS =
      List.of(
          "time",
          "tenant",
          "user",
          "key",
          "role",
          "source",
          "action",
          "object",
          "outcome",
          "details",
          "reference");

  private final AuditReader reader;
  private final Viewers viewers;

  LogPage(AuditReader reader, Viewers viewers) {
    this.reader = reader;
    this.viewers = viewers;
  }

  @GET
  @Produces(MediaType.TEXT_HTML + ";charset=UTF-8")
  @Needs(Action.READ_LOGS)
  public RestResponse<String> page(
      @BeanParam AuditSearch search, @Context ContainerRequestContext context) {
    Viewer viewer = viewers.of(context);
    AuditPage page = reader.find(search.query(), search.cursor(), search.size());
    return RestResponse.ResponseBuilder.ok(html(page, viewer, search))
        .header("content-security-policy", POLICY)
        .header("x-content-type-options", "nosniff")
        .header("referrer-policy", "no-referrer")
        .header("cache-control", "no-store")
        .build();
  }

  private String html(AuditPage page, Viewer viewer, AuditSearch search) {
    StringBuilder html = new StringBuilder("<!doctype html><html lang=\"en\"><head>");
    html.append("<meta charset=\"utf-8\"><title>Audit</title><style>").append(STYLE);
    html.append("</style></head><body><h1>Audit</h1><table><thead><tr>");
    COLUMNS.forEach(column -> html.append("<th>").append(column).append("</th>"));
    html.append("</tr></thead><tbody>");
    List<EventView> events = viewers.events(page, viewer);
    for (int row = 0; row < events.size(); row++) {
      if (row % ROWS_BETWEEN_NAMES == 0) {
        seenBy(html, viewer);
      }
      row(html, events.get(row), row, viewer);
    }
    seenBy(html, viewer);
    html.append("</tbody></table>");
    page.next()
        .map(search::next)
        .ifPresent(
            next -> html.append("<p><a href=\"").append(escaped(next)).append("\">older</a></p>"));
    return html.append("</body></html>\n").toString();
  }

  private static void row(StringBuilder html, EventView event, int row, Viewer viewer) {
    html.append("<tr>");
    cell(html, Watermark.time(event.time(), viewer.mark(), row));
    cell(html, event.actor().tenant());
    cell(html, event.actor().user());
    cell(html, event.actor().key());
    cell(html, event.actor().role());
    cell(html, event.source());
    cell(html, event.action());
    cell(html, event.object());
    cell(html, Watermark.hidden(event.outcome(), viewer.mark()));
    cell(html, event.sentence());
    cell(html, event.reference());
    html.append("</tr>");
  }

  private static void seenBy(StringBuilder html, Viewer viewer) {
    html.append("<tr class=\"seen\"><td colspan=\"").append(COLUMNS.size()).append("\">");
    html.append(escaped(Watermark.hidden("Seen by " + viewer.visible(), viewer.mark())));
    html.append("</td></tr>");
  }

  private static void cell(StringBuilder html, String text) {
    html.append("<td>").append(escaped(text)).append("</td>");
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", "&#39;");
  }
}
