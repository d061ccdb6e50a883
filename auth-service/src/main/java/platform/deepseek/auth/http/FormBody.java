package platform.deepseek.auth.http;

import io.vertx.ext.web.RoutingContext;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The parameters of a request to the authorization server: none twice, none empty (RFC 6749 3.2).
 */
final class FormBody {

  private static final int MOST_BYTES = 32_768;
  private static final String TYPE = "application/x-www-form-urlencoded";

  private final Map<String, String> parameters = new HashMap<>();

  private FormBody(String text) {
    for (String pair : text.split("&", -1)) {
      int equals = pair.indexOf('=');
      if (pair.isEmpty() || equals == pair.length() - 1) {
        continue; // without a value it counts as not sent
      }
      if (equals < 1) {
        throw OAuthFailure.request("The body has to be name=value pairs.");
      }
      String name = decoded(pair.substring(0, equals));
      if (parameters.put(name, decoded(pair.substring(equals + 1))) != null) {
        throw OAuthFailure.request("A parameter is there twice.");
      }
    }
  }

  /** Hands the parameters on; what that finds wrong is told to the client. */
  static void read(RoutingContext context, Consumer<FormBody> then) {
    BodyReader.read(
        context,
        MOST_BYTES,
        body -> {
          try {
            String type = String.valueOf(context.request().getHeader("content-type"));
            if (!type.split(";", 2)[0].strip().equalsIgnoreCase(TYPE)) {
              throw OAuthFailure.request("Send the parameters as %s.".formatted(TYPE));
            }
            then.accept(new FormBody(body.toString(StandardCharsets.UTF_8)));
          } catch (OAuthFailure failure) {
            failure.tell(context.response());
          }
        });
  }

  Optional<String> optional(String name) {
    return Optional.ofNullable(parameters.get(name));
  }

  String required(String name) {
    return optional(name)
        .orElseThrow(() -> OAuthFailure.request("The parameter %s is missing.".formatted(name)));
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) { // a percent sign and no two digits
      throw OAuthFailure.request("The body is not URL-encoded.");
    }
  }
}
