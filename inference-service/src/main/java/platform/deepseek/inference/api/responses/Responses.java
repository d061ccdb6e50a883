package platform.deepseek.inference.api.responses;

import io.vertx.core.http.HttpServerResponse;
import jakarta.inject.Singleton;
import platform.deepseek.inference.api.ServedModel;
import platform.deepseek.inference.api.account.Caller;
import platform.deepseek.inference.api.account.Grant;
import platform.deepseek.inference.api.chat.ChatPreparation;
import platform.deepseek.inference.api.generation.Sequences;
import platform.deepseek.inference.api.json.Fields;
import platform.deepseek.inference.api.json.JsonBytes;
import platform.deepseek.inference.api.openai.Logprobs;
import platform.deepseek.inference.api.stream.Answers;
import platform.deepseek.inference.api.stream.Client;
import platform.deepseek.inference.api.stream.Generator;
import platform.deepseek.inference.api.stream.Job;
import platform.deepseek.inference.api.stream.Outlet;
import platform.deepseek.inference.api.stream.Prepared;
import platform.deepseek.inference.api.stream.RequestId;
import platform.deepseek.inference.api.stream.TokenCount;

/**
 * {@code POST /v1/responses}. A response in the background runs on an event loop like any other; it
 * only has no connection whose end would end it.
 */
@Singleton
public final class Responses {

  private final Sequences sequences;
  private final ChatPreparation preparation;
  private final ServedModel model;
  private final Generator generator;
  private final Answers answers;
  private final ResponseStore store;
  private final ResponseParser parser;
  private final Logprobs logprobs;
  private final ItemJson items;

  Responses(
      ServedModel model,
      Sequences sequences,
      ChatPreparation preparation,
      Generator generator,
      Answers answers,
      ResponseStore store) {
    this.sequences = sequences;
    this.preparation = preparation;
    this.model = model;
    this.generator = generator;
    this.answers = answers;
    this.store = store;
    this.parser = new ResponseParser(model.id(), model.tokenizer().vocabularySize(), store);
    this.logprobs = new Logprobs(model.tokenizer());
    this.items = new ItemJson(logprobs);
  }

  /** Checks a request and makes it ready to run; called on a worker thread. */
  public Job prepare(Caller caller, Fields body) {
    sequences.requireModel(body);
    ResponseRequest request = parser.parse(caller, body);
    LiveResponse response =
        new LiveResponse(
            Id.make(Id.RESPONSE),
            caller,
            request.background(),
            request.settings(),
            new Passage(request.before(), request.input()),
            items,
            request.thought(),
            store::ended);
    Prepared read =
        Prepared.of(
            response.id,
            new ResponsesDialect(response, items, logprobs),
            preparation.prepare(request.chat(), awaited(request)),
            1,
            request.stream());
    Prepared prepared = read.recalledBy(answers.recall(body, read));
    return Job.of(
        prepared.demand(model.id()),
        (grant, client) -> start(prepared, response, request.store(), grant, client));
  }

  /** One in the background can be looked at while it grows. */
  private static boolean awaited(ResponseRequest request) {
    return !request.stream() && !request.background();
  }

  private Runnable start(
      Prepared prepared, LiveResponse response, boolean kept, Grant grant, Client client) {
    RequestId.put(client.response(), response.id);
    if (kept) {
      store.add(response);
    }
    Outlet[] outlet = new Outlet[1];
    Generator.Running running =
        generator.start(
            prepared,
            grant,
            client,
            tooSlow -> {
              outlet[0] = outlet(prepared, response, client.response(), tooSlow);
              return new Recorder(
                  response, outlet[0], prepared.stream(), () -> store.remove(response));
            });
    response.stopsBy(
        () ->
            client
                .context()
                .runOnContext(
                    called -> {
                      running.cancel();
                      if (response.background) { // who listens to it has not left
                        outlet[0].complete(new TokenCount(0, 0, 0, 0));
                      }
                    }));
    if (!response.background) {
      return response::cancel;
    }
    if (!prepared.stream()) { // from here on others may know and cancel it
      client
          .response()
          .putHeader("content-type", "application/json")
          .end(response.json().toBuffer());
    }
    return () -> {};
  }

  private Outlet outlet(
      Prepared prepared, LiveResponse response, HttpServerResponse client, Runnable tooSlow) {
    if (!response.background) {
      return generator.outlet(prepared, client, tooSlow);
    }
    return prepared.stream()
        ? generator.outlet(prepared, client, () -> {}) // it goes on without its reader
        : Recorder.NOBODY;
  }

  /** {@code POST /v1/responses/input_tokens}: how long a prompt is. */
  public JsonBytes count(Caller caller, Fields body) {
    if (body.has("model")) {
      sequences.requireModel(body);
    }
    return new JsonBytes(96)
        .raw("{\"object\":\"response.input_tokens\",\"input_tokens\":")
        .number(preparation.count(parser.parseToCount(caller, body).chat()))
        .raw("}");
  }
}
