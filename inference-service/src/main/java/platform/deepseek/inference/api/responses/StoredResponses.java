package platform.deepseek.inference.api.responses;

import io.vertx.core.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import platform.deepseek.inference.api.ServedModel;
import platform.deepseek.inference.api.account.Caller;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.json.JsonBytes;
import platform.deepseek.inference.api.metrics.RequestMetrics;
import platform.deepseek.inference.api.openai.Logprobs;
import platform.deepseek.inference.api.openai.OpenAiErrors;
import platform.deepseek.inference.api.stream.ErrorBody;

/** What can be done with a response that is kept: {@code /v1/responses/{id}} and below. */
@Singleton
public final class StoredResponses implements Handler<RoutingContext> {

  private static final int DEFAULT_ITEMS = 20;
  private static final int MAX_ITEMS = 100;

  private interface Action {

    JsonBytes answer(LiveResponse response, MultiMap parameters);
  }

  private final ResponseStore store;
  private final RequestMetrics metrics;
  private final ItemJson items;

  StoredResponses(ResponseStore store, ServedModel model, RequestMetrics metrics) {
    this.store = store;
    this.metrics = metrics;
    this.items = new ItemJson(new Logprobs(model.tokenizer()));
  }

  /** {@code GET} and {@code DELETE /v1/responses/{id}}. */
  @Override
  public void handle(RoutingContext context) {
    if (context.request().method().equals(HttpMethod.DELETE)) {
      delete(context);
    } else {
      get(context);
    }
  }

  private void get(RoutingContext context) {
    answer(
        context,
        Set.of("stream", "starting_after", "include", "include[]", "include_obfuscation"),
        (response, parameters) -> {
          if ("true".equals(parameters.get("stream")) || parameters.contains("starting_after")) {
            throw new ApiException(
                ApiError.UNSUPPORTED_PARAMETER,
                "Unsupported parameter: 'stream' true is not supported for a response that was"
                    + " created before; leave it out and poll.",
                "stream");
          }
          return response.json();
        });
  }

  /** One that runs in the background ends. */
  private void delete(RoutingContext context) {
    answer(
        context,
        Set.of(),
        (response, parameters) -> {
          if (response.background) {
            response.cancel();
          }
          store.remove(response);
          return new JsonBytes(128)
              .raw("{\"id\":")
              .string(response.id)
              .raw(",\"object\":\"response\",\"deleted\":true}");
        });
  }

  /** {@code POST /v1/responses/{id}/cancel}. */
  public void cancel(RoutingContext context) {
    answer(
        context,
        Set.of(),
        (response, parameters) -> {
          if (!response.background) {
            throw new ApiException(
                ApiError.INVALID_VALUE, "Cannot cancel a synchronous response.", "response_id");
          }
          response.cancel();
          if (response.status() != LiveResponse.Status.CANCELLED) {
            throw new ApiException(
                ApiError.INVALID_VALUE,
                "Cannot cancel a %s response.".formatted(response.status().code),
                "response_id");
          }
          return response.json();
        });
  }

  /** {@code GET /v1/responses/{id}/input_items}: the whole conversation in front of the answer. */
  public void inputItems(RoutingContext context) {
    answer(
        context,
        Set.of("limit", "order", "after", "include", "include[]"),
        (response, parameters) -> {
          List<Item> all = response.input().conversation();
          if (descending(parameters)) {
            Collections.reverse(all);
          }
          return page(all, parameters.get("after"), limit(parameters));
        });
  }

  private JsonBytes page(List<Item> all, String after, int limit) {
    int from = 0;
    if (after != null) {
      while (from < all.size() && !all.get(from).id().equals(after)) {
        from++;
      }
      if (from++ == all.size()) {
        throw invalid("after", "no item of this response has the id '" + Id.shown(after) + "'.");
      }
    }
    int to = Math.min(all.size(), from + limit);
    List<Item> page = all.subList(from, to);
    return items
        .array(new JsonBytes(4_096).raw("{\"object\":\"list\",\"data\":"), page)
        .raw(",\"first_id\":")
        .string(page.isEmpty() ? null : page.getFirst().id())
        .raw(",\"last_id\":")
        .string(page.isEmpty() ? null : page.getLast().id())
        .raw(",\"has_more\":")
        .raw(Boolean.toString(to < all.size()))
        .raw("}");
  }

  private static boolean descending(MultiMap parameters) {
    String order = parameters.contains("order") ? parameters.get("order") : "desc";
    return switch (order) {
      case "desc" -> true;
      case "asc" -> false;
      default -> throw invalid("order", "expected asc or desc.");
    };
  }

  private static int limit(MultiMap parameters) {
    String text = parameters.get("limit");
    if (text == null) {
      return DEFAULT_ITEMS;
    }
    int limit;
    try {
      limit = Integer.parseInt(text);
    } catch (NumberFormatException e) {
      limit = 0;
    }
    if (limit < 1 || limit > MAX_ITEMS) {
      throw invalid(
          "limit",
          "expected a value from 1 to %d, but got '%s'.".formatted(MAX_ITEMS, Id.shown(text)));
    }
    return limit;
  }

  private static ApiException invalid(String parameter, String why) {
    return new ApiException(
        ApiError.INVALID_VALUE, "Invalid '%s': %s".formatted(parameter, why), parameter);
  }

  private void answer(RoutingContext context, Set<String> known, Action action) {
    try {
      MultiMap parameters = context.queryParams();
      for (String name : parameters.names()) {
        if (!known.contains(name)) {
          throw new ApiException(
              ApiError.UNKNOWN_PARAMETER,
              "Unrecognized query parameter supplied: " + Id.shown(name),
              Id.shown(name));
        }
      }
      String id = context.pathParam("id");
      LiveResponse response =
          store
              .find(Caller.of(context), id)
              .orElseThrow(
                  () ->
                      new ApiException(
                          ApiError.RESPONSE_NOT_FOUND,
                          "Response with id '%s' not found.".formatted(Id.shown(id))));
      context
          .response()
          .putHeader("content-type", "application/json")
          .end(action.answer(response, parameters).toBuffer());
    } catch (ApiException failure) {
      metrics.refused(failure.error());
      ErrorBody.send(context.response(), failure, OpenAiErrors.STYLE);
    }
  }
}
