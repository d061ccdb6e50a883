package platform.deepseek.auth.admin;

import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import platform.deepseek.auth.access.Action;
import platform.deepseek.auth.admin.Views.Listing;
import platform.deepseek.auth.error.BadRequest;
import platform.deepseek.auth.usage.UsageBook;
import platform.deepseek.auth.usage.UsageRow;
import platform.deepseek.auth.usage.UsageTable;

/**
 * What was used, by day, key and model: everybody's as JSON, at {@code /csv} as CSV, and at {@code
 * /own} that of the caller's tenant.
 */
@Path("/v1/admin/usage")
@RunOnVirtualThread
public class UsageResource {

  private static final int LONGEST_REPORT = 366; // days
  private static final String HEADER =
      "day,tenant,user,key,model,requests,prompt_tokens,cached_tokens,completion_tokens,"
          + "charged_tokens,charged_money_micros\n";

  /**
   * @param chargedMoney in millionths of the currency
   */
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
    static UsageView of(UsageRow row) {
      UsageRow.Totals totals = row.totals();
      return new UsageView(
          row.day(),
          row.account().tenant(),
          row.account().user(),
          row.account().key(),
          row.model(),
          totals.requests(),
          totals.promptTokens(),
          totals.cachedTokens(),
          totals.completionTokens(),
          totals.chargedTokens(),
          totals.chargedMoney());
    }

    String csv() {
      return Stream.of(
              day,
              tenant,
              user,
              key,
              quoted(model),
              requests,
              promptTokens,
              cachedTokens,
              completionTokens,
              chargedTokens,
              chargedMoney)
          .map(Object::toString)
          .collect(Collectors.joining(",", "", "\n"));
    }

    /** Models are named by clients: a spreadsheet must take none for a formula. */
    private static String quoted(String text) {
      String harmless = text.isEmpty() || "=+-@\t".indexOf(text.charAt(0)) < 0 ? text : "'" + text;
      return '"' + harmless.replace("\"", "\"\"") + '"';
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
      @QueryParam("from") String from,
      @QueryParam("to") String to,
      @QueryParam("tenant") String tenant) {
    return new Listing<>(report(from, to, Optional.ofNullable(tenant)));
  }

  @GET
  @Path("/csv")
  @Produces("text/csv")
  @Needs(Action.READ_ALL_USAGE)
  public String csv(
      @QueryParam("from") String from,
      @QueryParam("to") String to,
      @QueryParam("tenant") String tenant) {
    return report(from, to, Optional.ofNullable(tenant)).stream()
        .map(UsageView::csv)
        .collect(Collectors.joining("", HEADER, ""));
  }

  @GET
  @Path("/own")
  @Produces(MediaType.APPLICATION_JSON)
  @Needs(Action.READ_OWN_USAGE)
  public Listing<UsageView> own(
      @QueryParam("from") String from,
      @QueryParam("to") String to,
      @Context ContainerRequestContext context) {
    String tenant = Caller.of(context).identity().tenant();
    return new Listing<>(report(from, to, Optional.of(tenant)));
  }

  /** Of this month, unless something else is asked for. */
  private List<UsageView> report(String from, String to, Optional<String> tenant) {
    LocalDate today = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
    LocalDate last = Fields.day("to", to, today);
    LocalDate first = Fields.day("from", from, last.withDayOfMonth(1));
    if (first.isAfter(last) || first.plusDays(LONGEST_REPORT).isBefore(last)) {
      throw BadRequest.invalid(
          "from",
          "%s to %s is not a time of at most %d days.".formatted(first, last, LONGEST_REPORT));
    }
    book.flush();
    return table.report(first, last, tenant).stream().map(UsageView::of).toList();
  }
}
