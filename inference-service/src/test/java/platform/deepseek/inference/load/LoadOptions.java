package platform.deepseek.inference.load;

import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * What a load run does.
 *
 * @param url of the server, such as http://127.0.0.1:8080
 * @param clients streams open at the same time
 * @param duration no request starts after it
 * @param requests no more than so many start
 * @param prompt text of each prompt, behind a number that makes it unlike the others
 * @param killFraction share of the requests whose client leaves in mid-stream, 0 to 1
 * @param ignoreEndOfSequence every answer has max_tokens tokens
 */
public record LoadOptions(
    URI url,
    String key,
    String model,
    int clients,
    Duration duration,
    long requests,
    String prompt,
    int maxTokens,
    double killFraction,
    boolean ignoreEndOfSequence) {

  static final String USAGE =
      """
      arguments, each as name=value:
        url=http://127.0.0.1:8080  key=sk-...  model=NAME     required
        clients=8  seconds=30  max_tokens=128  kill=0  ignore_eos=true
        requests=NUMBER                                       no limit but the time
        prompt=TEXT or prompt_words=64                        words of a made-up prompt""";

  static LoadOptions parse(String[] arguments) {
    Map<String, String> values = new HashMap<>();
    for (String argument : arguments) {
      int equals = argument.indexOf('=');
      if (equals < 1) {
        throw new IllegalArgumentException("'" + argument + "' is not name=value\n" + USAGE);
      }
      values.put(argument.substring(0, equals), argument.substring(equals + 1));
    }
    for (String required : new String[] {"url", "key", "model"}) {
      if (!values.containsKey(required)) {
        throw new IllegalArgumentException(required + " is missing\n" + USAGE);
      }
    }
    int words = Integer.parseInt(values.getOrDefault("prompt_words", "64"));
    return new LoadOptions(
        URI.create(values.get("url")),
        values.get("key"),
        values.get("model"),
        Integer.parseInt(values.getOrDefault("clients", "8")),
        Duration.ofMillis(
            (long) (1_000 * Double.parseDouble(values.getOrDefault("seconds", "30")))),
        values.containsKey("requests") ? Long.parseLong(values.get("requests")) : Long.MAX_VALUE,
        values.getOrDefault("prompt", "word ".repeat(words).strip()),
        Integer.parseInt(values.getOrDefault("max_tokens", "128")),
        Double.parseDouble(values.getOrDefault("kill", "0")),
        Boolean.parseBoolean(values.getOrDefault("ignore_eos", "true")));
  }
}
