package platform.deepseek.auth.http;

import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import platform.deepseek.auth.credential.ApiKey;
import platform.deepseek.auth.token.BearerTokens;

/**
 * {@code POST /oauth2/revoke} (RFC 7009): a token of ours holds no more, everywhere within the time
 * that revocations have. 200 whatever was sent, unless it is a key, which administrators revoke.
 */
final class RevocationRoute implements Handler<RoutingContext> {

  private final BearerTokens tokens;

  RevocationRoute(BearerTokens tokens) {
    this.tokens = tokens;
  }

  @Override
  public void handle(RoutingContext context) {
    FormBody.read(context, form -> revoke(context, form.required("token")));
  }

  private void revoke(RoutingContext context, String token) {
    if (token.startsWith(ApiKey.PREFIX)) {
      throw new OAuthFailure(
          OAuthFailure.Code.UNSUPPORTED_TOKEN_TYPE,
          "API keys are revoked by DELETE /v1/admin/keys/ID, and with them all tokens made from"
              + " them.");
    }
    Completion.of(
        context,
        tokens.revoke(token),
        done -> context.response().putHeader("cache-control", "no-store").setStatusCode(200).end());
  }
}
