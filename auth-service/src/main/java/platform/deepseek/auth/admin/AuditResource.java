package platform.deepseek.auth.admin;

import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jboss.resteasy.reactive.RestResponse;
import platform.deepseek.auth.access.Action;
import platform.deepseek.auth.admin.AuditViews.EventView;
import platform.deepseek.auth.admin.AuditViews.PageView;
import platform.deepseek.auth.admin.AuditViews.Viewer;
import platform.deepseek.auth.audit.AuditPage;
import platform.deepseek.auth.audit.AuditQuery;
import platform.deepseek.auth.audit.AuditReader;
import platform.deepseek.auth.error.BadRequest;
import platform.deepseek.auth.watermark.Leak;
import platform.deepseek.auth.watermark.Watermark;

/**
 * The audit: pages as JSON, at {@code /csv} as CSV, both with marks of whom they are shown to; and
 * what a verifier needs, which is evidence and carries none.
 */
@Path("/v1/admin/audit")
@RunOnVirtualThread
public class AuditResource {

  private static final int MOST_CHECKPOINTS = 1_000;

  /**
   * @param text of a page that was found elsewhere
   */
  record LeakedPage(String text) {}

  /**
   * @param mark that was found
   * @param ways where: reference, invisible, times
   * @param views events of the request that the page was shown to
   */
  record Trace(String mark, List<String> ways, List<EventView> views) {}

  private final AuditReader reader;
  private final Watermark watermark;
  private final Viewers viewers;

  AuditResource(AuditReader reader, Watermark watermark, Viewers viewers) {
    this.reader = reader;
    this.watermark = watermark;
    this.viewers = viewers;
  }

  @GET
  @Produces(MediaType.APPLICATION_JSON)
  @Needs(Action.READ_AUDIT)
  public PageView json(@BeanParam AuditSearch search, @Context ContainerRequestContext context) {
    Viewer viewer = viewers.of(context);
    AuditPage page = reader.find(search.query(), search.cursor(), search.size());
    return new PageView(
        viewers.events(page, viewer),
        viewer.visible(),
        page.next().map(AuditPage.Cursor::text).orElse(null));
  }

  /** The next page is named in the header {@code x-next}. */
  @GET
  @Path("/csv")
  @Produces("text/csv;charset=UTF-8")
  @Needs(Action.READ_AUDIT)
  public RestResponse<String> csv(
      @BeanParam AuditSearch search, @Context ContainerRequestContext context) {
    Viewer viewer = viewers.of(context);
    AuditPage page = reader.find(search.query(), search.cursor(), search.size());
    StringBuilder csv = new StringBuilder(AuditViews.CSV_HEADER);
    List<EventView> events = viewers.events(page, viewer);
    for (int row = 0; row < events.size(); row++) {
      csv.append(events.get(row).csv(row, viewer));
    }
    var response = RestResponse.ResponseBuilder.ok(csv.toString());
    page.next().ifPresent(next -> response.header("x-next", next.text()));
    return response.build();
  }

  /** Signed checkpoints, one a line, for a witness. */
  @GET
  @Path("/checkpoints")
  @Produces("application/jsonl")
  @Needs(Action.READ_AUDIT)
  public String checkpoints(@QueryParam("from") String from) {
    try {
      return String.join("", lines(from == null ? 1 : Long.parseLong(from)));
    } catch (NumberFormatException e) {
      throw BadRequest.invalid("from", "it is no number.");
    }
  }

  private List<String> lines(long from) {
    return reader.checkpoints(from, MOST_CHECKPOINTS).stream().map(line -> line + "\n").toList();
  }

  /** The whole book for the verifier. */
  @GET
  @Path("/export")
  @Produces("application/jsonl")
  @Needs(Action.READ_AUDIT)
  public StreamingOutput export() {
    return out -> {
      try (Writer writer =
          new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8))) {
        reader.export(line -> write(writer, line));
      }
    };
  }

  private static void write(Writer writer, String line) {
    try {
      writer.write(line);
      writer.write('\n');
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Who was shown a page that was found elsewhere. */
  @POST
  @Path("/leaks")
  @Needs(Action.TRACE_LEAKS)
  public Views.Listing<Trace> trace(LeakedPage body, @Context ContainerRequestContext context) {
    String text = Fields.required("text", Fields.required("body", body).text());
    Viewer viewer = viewers.of(context);
    return new Views.Listing<>(
        new Leak(watermark)
            .marks(text).entrySet().stream()
                .map(
                    found ->
                        new Trace(
                            found.getKey().text(),
                            found.getValue().stream()
                                .map(way -> way.name().toLowerCase(Locale.ROOT))
                                .toList(),
                            viewers.events(
                                reader.find(
                                    AuditQuery.ofCorrelation(found.getKey().text()),
                                    Optional.empty(),
                                    10),
                                viewer)))
                .filter(trace -> !trace.views().isEmpty())
                .toList());
  }
}
