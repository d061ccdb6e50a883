package platform.deepseek.inference.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import platform.deepseek.inference.grammar.CompiledGrammar;
import platform.deepseek.inference.grammar.Grammar;
import platform.deepseek.inference.grammar.GrammarConstraint;
import platform.deepseek.inference.grammar.TokenVocabulary;

/**
 * Cost of constrained decoding without a model: the mask of each token of an answer and its
 * acceptance, and the compilation of a grammar, over a published vocabulary.
 *
 * <p>Arguments: the vocabulary's file (deploy/bench/vocabulary.sh prints it), TOKENS and ROUNDS.
 * Each round compiles each grammar anew, as a request with a schema that nobody has sent before;
 * what the vocabulary knows of earlier grammars stays, as in a running service. Prints a JSON line
 * per grammar and one for all; the first round, before the JIT compiler, is reported apart.
 */
public final class GrammarBench {

  private static final int REHEARSALS = 30;

  private final Map<String, Integer> ids = new HashMap<>();
  private final TokenVocabulary vocabulary;
  private int longest;

  private GrammarBench(List<byte[]> texts) {
    for (int token = 0; token < texts.size(); token++) {
      ids.putIfAbsent(new String(texts.get(token), StandardCharsets.ISO_8859_1), token);
      longest = Math.max(longest, texts.get(token).length);
    }
    long begun = System.nanoTime();
    int stop = texts.size();
    this.vocabulary =
        new TokenVocabulary(
            texts.size() + 1,
            token -> token == stop ? new byte[0] : texts.get(token),
            Set.of(stop),
            token -> false);
    System.out.printf(
        Locale.ROOT,
        "{\"vocabulary\":%d,\"millis\":%.1f}%n",
        vocabulary.size(),
        (System.nanoTime() - begun) / 1e6);
  }

  public static void main(String[] args) throws IOException {
    int tokens = args.length > 1 ? Integer.parseInt(args[1]) : 150_000;
    int rounds = args.length > 2 ? Integer.parseInt(args[2]) : 40;
    GrammarBench bench = new GrammarBench(read(Path.of(args[0]), tokens));
    List<GrammarBenchCase> cases = GrammarBenchCase.all();
    bench.rehearse(cases);
    bench.measure("first: ", cases, 1);
    bench.measure("", cases, rounds);
  }

  /** As when a model is loaded: with one of the grammars, a service does not know the others. */
  private void rehearse(List<GrammarBenchCase> cases) {
    long begun = System.nanoTime();
    GrammarBenchCase first = cases.getFirst();
    CompiledGrammar.rehearse(first.grammar(), vocabulary, first.answer(), REHEARSALS);
    System.out.printf(
        Locale.ROOT, "{\"rehearsalMillis\":%.1f}%n", (System.nanoTime() - begun) / 1e6);
  }

  private void measure(String prefix, List<GrammarBenchCase> cases, int rounds) {
    Map<String, Times> byCase = new LinkedHashMap<>();
    for (int round = 0; round < rounds; round++) {
      for (GrammarBenchCase each : cases) {
        run(each, byCase.computeIfAbsent(each.name(), name -> new Times()));
      }
    }
    Times all = new Times();
    byCase.forEach(
        (name, times) -> {
          times.print(prefix + name);
          all.add(times);
        });
    all.print(prefix + "all");
  }

  /** The ranks of a byte pair encoding; its first ones are a vocabulary too. */
  private static List<byte[]> read(Path file, int most) throws IOException {
    String script = Files.readString(file);
    JsonNode json = new ObjectMapper().readTree(script.substring(script.indexOf('{')));
    List<byte[]> texts = new ArrayList<>();
    for (String line : json.get("bpe_ranks").asText().split("\n")) {
      String[] words = line.split(" ");
      for (int i = 2; i < words.length && texts.size() < most; i++) {
        texts.add(Base64.getDecoder().decode(words[i]));
      }
    }
    return texts;
  }

  private void run(GrammarBenchCase each, Times times) {
    int[] answer = tokens(each.answer());
    Grammar grammar = each.grammar();
    long begun = System.nanoTime();
    CompiledGrammar compiled = CompiledGrammar.compile(grammar, vocabulary);
    times.compiled(System.nanoTime() - begun);
    GrammarConstraint constraint = compiled.start();
    for (int token : answer) {
      long before = System.nanoTime();
      boolean allowed = constraint.mask().allows(token);
      constraint.accept(token);
      times.step(System.nanoTime() - before);
      if (!allowed) {
        throw new IllegalStateException(each.name() + ": the mask leaves out token " + token);
      }
    }
    if (!constraint.mayEnd()) {
      throw new IllegalStateException(each.name() + ": the answer is not whole");
    }
  }

  /** The longest token first. */
  private int[] tokens(String answer) {
    String bytes = new String(answer.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    List<Integer> tokens = new ArrayList<>();
    for (int at = 0; at < bytes.length(); ) {
      int length = Math.min(longest, bytes.length() - at);
      while (!ids.containsKey(bytes.substring(at, at + length))) {
        length--;
      }
      tokens.add(ids.get(bytes.substring(at, at + length)));
      at += length;
    }
    return tokens.stream().mapToInt(Integer::intValue).toArray();
  }

  private static final class Times {

    private final List<Long> steps = new ArrayList<>();
    private final List<Long> compilations = new ArrayList<>();

    void step(long nanos) {
      steps.add(nanos);
    }

    void compiled(long nanos) {
      compilations.add(nanos);
    }

    void add(Times other) {
      steps.addAll(other.steps);
      compilations.addAll(other.compilations);
    }

    void print(String name) {
      System.out.printf(
          Locale.ROOT,
          "{\"grammar\":\"%s\",\"tokens\":%d,\"maskMicrosP50\":%.1f,\"maskMicrosP99\":%.1f,"
              + "\"maskMicrosMax\":%.1f,\"compileMillisP50\":%.2f,\"compileMillisMax\":%.2f}%n",
          name,
          steps.size(),
          percentile(steps, 0.5) / 1e3,
          percentile(steps, 0.99) / 1e3,
          percentile(steps, 1) / 1e3,
          percentile(compilations, 0.5) / 1e6,
          percentile(compilations, 1) / 1e6);
    }

    private static double percentile(List<Long> nanos, double part) {
      long[] sorted = nanos.stream().mapToLong(Long::longValue).toArray();
      Arrays.sort(sorted);
      return sorted[(int) Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
    }
  }
}
