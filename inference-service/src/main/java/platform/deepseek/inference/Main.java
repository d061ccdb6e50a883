package platform.deepseek.inference;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import java.util.Arrays;
import java.util.List;
import platform.deepseek.inference.fetch.FetchCommand;

/** The service, or with the argument {@code fetch} the command that brings a model's files. */
@QuarkusMain
public final class Main {

  private Main() {}

  /** Arguments other than that belong to Quarkus. */
  public static void main(String... arguments) {
    if (arguments.length > 0 && arguments[0].equals(FetchCommand.NAME)) {
      var rest = List.copyOf(Arrays.asList(arguments).subList(1, arguments.length));
      System.exit(FetchCommand.run(rest, System.getenv(), System.out));
    }
    // What is no URI is answered by the API, in its own form: Quarkus would answer it before,
    // empty.
    System.setProperty("vertx.disableURIValidation", "true");
    Quarkus.run(arguments);
  }
}
