package platform.deepseek.auth.admin;

import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;
import java.util.Map;
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
            .map(entry -> view(entry.getKey(), entry.getValue()))
            .toList());
  }

  @PUT
  @Needs(Action.WRITE_PRICES)
  public PriceView set(NewPrice body) {
    NewPrice asked = Fields.required("body", body);
    String model = Fields.model("model", asked.model());
    long prompt = Fields.number("prompt", asked.prompt(), Price.LARGEST);
    long cached = asked.cached() == null ? prompt : Fields.number("cached", asked.cached(), prompt);
    Price price =
        new Price(prompt, cached, Fields.number("completion", asked.completion(), Price.LARGEST));
    prices.set(model, price);
    return view(model, price);
  }

  @DELETE
  @Needs(Action.WRITE_PRICES)
  public void remove(@QueryParam("model") String model) {
    if (!prices.remove(Fields.required("model", model))) {
      throw BadRequest.notFound("price of '%s'".formatted(model));
    }
  }

  private static PriceView view(String model, Price price) {
    return new PriceView(model, price.prompt(), price.cached(), price.completion());
  }
}
