package platform.deepseek.inference.grammar;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.sampling.LogitMask;

/** Masks against what grammars mean by definition. */
class RandomGrammarTest {

  private static final int GRAMMARS = 150;
  private static final int STEPS = 10;

  @Test
  void masksAllowExactlyTheTokensThatLeadToSomeText() {
    Random random = new Random(11);
    int compared = 0;
    int ended = 0;
    for (int round = 0; round < GRAMMARS; round++) {
      Grammar grammar = RandomGrammar.of(random);
      List<byte[]> texts = Vocabularies.random(random, 120);
      Optional<CompiledGrammar> compiled = compile(grammar, texts);
      if (compiled.isEmpty()) {
        continue;
      }
      NaiveMatcher naive = new NaiveMatcher(grammar);
      GrammarConstraint constraint = compiled.get().start();
      ByteArrayOutputStream text = new ByteArrayOutputStream();
      for (int step = 0; step < STEPS; step++) {
        LogitMask mask = constraint.mask();
        List<Integer> allowed = new ArrayList<>();
        Map<String, Boolean> known = new HashMap<>();
        for (int token = 0; token < texts.size(); token++) {
          if (mask.allows(token)) {
            allowed.add(token);
          }
          boolean expected =
              token == Vocabularies.STOP
                  ? naive.accepts(text.toByteArray())
                  : token >= Vocabularies.FIRST_TEXT
                      && begins(naive, text.toByteArray(), texts.get(token), known);
          if (mask.allows(token) != expected) {
            fail(
                "round %d, %s: after '%s' the mask says %b of token %d '%s'",
                round, grammar, text, !expected, token, new String(texts.get(token), UTF_8));
          }
          compared++;
        }
        assertThat(allowed).isNotEmpty();
        allowed.remove((Object) Vocabularies.STOP);
        if (allowed.isEmpty()) {
          ended++;
          break;
        }
        List<Integer> longer =
            allowed.stream().filter(t -> t >= Vocabularies.FIRST_TEXT + 256).toList();
        List<Integer> from = longer.isEmpty() || random.nextInt(4) == 0 ? allowed : longer;
        int token = from.get(random.nextInt(from.size()));
        text.writeBytes(texts.get(token));
        constraint.accept(token);
        assertThat(constraint.mayEnd())
            .isEqualTo(naive.accepts(text.toByteArray()))
            .isEqualTo(compiled.get().accepts(text.toByteArray()));
      }
    }
    assertThat(compared).isGreaterThan(50_000);
    assertThat(ended).isGreaterThan(5);
  }

  private static boolean begins(
      NaiveMatcher naive, byte[] text, byte[] token, Map<String, Boolean> known) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(text);
    for (byte value : token) {
      bytes.write(value);
      byte[] all = bytes.toByteArray();
      if (!known.computeIfAbsent(
          new String(all, StandardCharsets.ISO_8859_1), k -> naive.begins(all))) {
        return false;
      }
    }
    return true;
  }

  /** Empty for a grammar that is refused, with good reason. */
  static Optional<CompiledGrammar> compile(Grammar grammar, List<byte[]> texts) {
    try {
      return Optional.of(CompiledGrammar.compile(grammar, Vocabularies.of(texts)));
    } catch (IllegalArgumentException e) {
      assertThat(e).hasMessageContaining("of the grammar");
      return Optional.empty();
    }
  }
}
