package platform.deepseek.auth.http;

import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import java.util.Set;
import platform.deepseek.auth.decision.PromptAudit;
import platform.deepseek.auth.decision.PromptAudit.Receipt;
import platform.deepseek.auth.prompt.HeldPrompts;

/**
 * {@code POST /v1/prompts/{reservation}}: the beginning of a request, for the audit of a tenant
 * that wants it. 200 when it is kept, 409 for a tenant that does not, 404 for what is no
 * reservation, 503 while it cannot be.
 */
public final class PromptRoute implements Handler<RoutingContext> {

  /** In JSON a character may take six times as many bytes. */
  private static final int MOST_BYTES = 6 * HeldPrompts.MOST_BYTES + 1_024;

  private static final long LONGEST_REQUEST = 1L << 40;
  private static final Set<String> FIELDS = Set.of("length", "text");

  /**
   * @param kept bytes
   */
  private record Reply(int kept) {}

  private final PromptAudit audit;

  public PromptRoute(PromptAudit audit) {
    this.audit = audit;
  }

  @Override
  public void handle(RoutingContext context) {
    BodyReader.read(context, MOST_BYTES, body -> keep(context, body));
  }

  private void keep(RoutingContext context, Buffer bytes) {
    JsonBody body = JsonBody.parse(bytes.getBytes(), FIELDS);
    Completion.of(
        context,
        audit.keep(
            context.pathParam("reservation"),
            body.anyText("text", HeldPrompts.MOST_BYTES),
            body.number("length", LONGEST_REQUEST)),
        receipt -> reply(context, receipt));
  }

  private static void reply(RoutingContext context, Receipt receipt) {
    switch (receipt) {
      case Receipt.Kept(int kept) -> Replies.send(context.response(), 200, new Reply(kept));
      case Receipt.Unwanted() ->
          Replies.fail(
              context.response(),
              409,
              "prompt_unwanted",
              "This tenant's audit keeps no requests: send those whose decision had promptBytes.");
      case Receipt.Unknown() ->
          Replies.fail(
              context.response(),
              404,
              "unknown_reservation",
              "There is no such reservation; send the one that the decision gave.");
      case Receipt.Unavailable() ->
          Replies.fail(
              context.response(),
              503,
              "audit_unavailable",
              "The audit cannot be written at the moment. Try again in a few seconds.");
    }
  }
}
