package platform.deepseek.auth.admin;

import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;
import java.util.Map;
import java.util.Optional;
import platform.deepseek.auth.access.Action;
import platform.deepseek.auth.admin.Views.Listing;
import platform.deepseek.auth.admin.Views.PriceView;
import platform.deepseek.auth.error.BadRequest;
import platform.deepseek.auth.usage.Price;
import platform.deepseek.auth.usage.PriceTable;

/**
 * Prices by model, in millionths of the currency for a million tokens; model * holds for the rest.
 */
@Path("/v1/admin/prices")
@RunOnVirtualThread
public class PriceResource {

  record NewPrice(String model, Long prompt, Long cached, Long completion) {}

  private final PriceTable prices;

  PriceResource(PriceTable prices) {
    this.prices = prices;
  }

  @GET
  @Needs(Action.READ_PRICES)
  public Listing<PriceView> list() {
    return new Listing<>(
        prices.all().prices().entrySet().stream()
            .sorted(Map.Entry.comparingByKey())
            .map(entry -> PriceView.of(entry.getKey(), entry.getValue()))
            .toList());
  }

  @PUT
  @Needs(Action.WRITE_PRICES)
  public PriceView set(NewPrice body, @HeaderParam("if-match") String ifMatch) {
    NewPrice asked = Fields.required("body", body);
    String model = Fields.model("model", asked.model());
    long prompt = Fields.number("prompt", asked.prompt(), Price.LARGEST);
    long cached = asked.cached() == null ? prompt : Fields.number("cached", asked.cached(), prompt);
    Price price =
        new Price(prompt, cached, Fields.number("completion", asked.completion(), Price.LARGEST));
    prices.update(
        model,
        old -> {
          requireTag(ifMatch, model, old);
          return Optional.of(price);
        });
    return PriceView.of(model, price);
  }

  @DELETE
  @Needs(Action.WRITE_PRICES)
  public void remove(@QueryParam("model") String model, @HeaderParam("if-match") String ifMatch) {
    Fields.required("model", model);
    prices.update(
        model,
        old -> {
          if (old.isEmpty()) {
            throw BadRequest.notFound("price of '%s'".formatted(model));
          }
          requireTag(ifMatch, model, old);
          return Optional.empty();
        });
  }

  private static void requireTag(String ifMatch, String model, Optional<Price> old) {
    Tag.require(ifMatch, old.map(price -> PriceView.of(model, price).tag()).orElse(null));
  }
}
