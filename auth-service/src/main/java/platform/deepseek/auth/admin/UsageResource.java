package platform.deepseek.auth.admin;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import platform.deepseek.auth.access.Action;
import platform.deepseek.auth.admin.Views.Listing;
import platform.deepseek.auth.usage.Dimension;
import platform.deepseek.auth.usage.UsageBook;
import platform.deepseek.auth.usage.UsageReport;
import platform.deepseek.auth.usage.UsageRow;
import platform.deepseek.auth.usage.UsageTable;

/**
 * What was used, by day, tenant, user, key and model or by some of them: everybody's as JSON, at
 * {@code /csv} as CSV, and at {@code /own} that of the caller's tenant.
 */
@Path("/v1/admin/usage")
@RunOnVirtualThread
public class UsageResource {

  private static final int LINES_AT_ONCE = 1_000;
  private static final List<String> SUMS =
      List.of(
          "requests",
          "prompt_tokens",
          "cached_tokens",
          "completion_tokens",
          "charged_tokens",
          "charged_money_micros");

  /**
   * Fields that the report does not tell apart by are absent.
   *
   * @param user empty for keys that are nobody's
   * @param chargedMoney in millionths of the currency
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record UsageView(
      LocalDate day,
      String tenant,
      String user,
      String key,
      String model,
      long requests,
      long promptTokens,
      long cachedTokens,
      long completionTokens,
      long chargedTokens,
      long chargedMoney) {
    static UsageView of(UsageReport.Line line) {
      UsageRow.Totals totals = line.totals();
      return new UsageView(
          Optional.ofNullable(line.subject().get(Dimension.DAY)).map(LocalDate::parse).orElse(null),
          line.subject().get(Dimension.TENANT),
          line.subject().get(Dimension.USER),
          line.subject().get(Dimension.KEY),
          line.subject().get(Dimension.MODEL),
          totals.requests(),
          totals.promptTokens(),
          totals.cachedTokens(),
          totals.completionTokens(),
          totals.chargedTokens(),
          totals.chargedMoney());
    }
  }

  private final UsageTable table;
  private final UsageBook book;
  private final InstantSource clock;

  UsageResource(UsageTable table, UsageBook book, InstantSource clock) {
    this.table = table;
    this.book = book;
    this.clock = clock;
  }

  @GET
  @Produces(MediaType.APPLICATION_JSON)
  @Needs(Action.READ_ALL_USAGE)
  public Listing<UsageView> json(
      @BeanParam UsageQuery query,
      @QueryParam("limit") Long limit,
      @QueryParam("after") String after) {
    return page(query, limit, after);
  }

  /** All lines; what begins like a formula has an apostrophe before it. */
  @GET
  @Path("/csv")
  @Produces("text/csv")
  @Needs(Action.READ_ALL_USAGE)
  public StreamingOutput csv(@BeanParam UsageQuery query) {
    UsageReport report = query.report(today());
    book.flush();
    return out -> write(report, out);
  }

  @GET
  @Path("/own")
  @Produces(MediaType.APPLICATION_JSON)
  @Needs(Action.READ_OWN_USAGE)
  public Listing<UsageView> own(
      @BeanParam UsageQuery query,
      @QueryParam("limit") Long limit,
      @QueryParam("after") String after,
      @Context ContainerRequestContext context) {
    query.tenant = Caller.of(context).identity().tenant();
    return page(query, limit, after);
  }

  private Listing<UsageView> page(UsageQuery query, Long limit, String after) {
    UsageReport report = query.report(today());
    List<String> begin = UsageQuery.after(after, report);
    book.flush();
    return Paging.listing(
        limit,
        Optional.of(table.lines(report, begin, Paging.limit(limit) + 1)),
        UsageView::of,
        UsageQuery::cursor);
  }

  private void write(UsageReport report, OutputStream out) throws IOException {
    List<String> header = new ArrayList<>(report.by().stream().map(Dimension::label).toList());
    header.addAll(SUMS);
    out.write((String.join(",", header) + "\r\n").getBytes(StandardCharsets.UTF_8));
    List<String> after = List.of();
    List<UsageReport.Line> lines;
    do {
      lines = table.lines(report, after, LINES_AT_ONCE);
      for (UsageReport.Line line : lines) {
        out.write(Csv.line(cells(report, line)).getBytes(StandardCharsets.UTF_8));
        after = List.copyOf(line.subject().values());
      }
    } while (lines.size() == LINES_AT_ONCE);
  }

  private static List<Object> cells(UsageReport report, UsageReport.Line line) {
    List<Object> cells = new ArrayList<>();
    report.by().forEach(dimension -> cells.add(line.subject().get(dimension)));
    UsageRow.Totals totals = line.totals();
    cells.addAll(
        List.of(
            totals.requests(),
            totals.promptTokens(),
            totals.cachedTokens(),
            totals.completionTokens(),
            totals.chargedTokens(),
            totals.chargedMoney()));
    return cells;
  }

  private LocalDate today() {
    return LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
  }
}
