package platform.deepseek.cache.answer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.cache.entry.Address;
import platform.deepseek.cache.key.KeyMaterial;
import platform.deepseek.cache.key.ModelIdentity;
import platform.deepseek.cache.key.Scope;
import platform.deepseek.cache.purge.Purge;
import platform.deepseek.cache.semantic.Embedder;
import platform.deepseek.cache.semantic.MiniLm;
import platform.deepseek.cache.semantic.SimilarQuestions;

/** Answers to questions that mean the same, with the real model. */
class SimilarAnswersTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String ASKED = "What is the capital of France?";
  private static final String ALIKE = "What's the capital of France?";
  private static final long PATIENCE = 60_000;
  private static Embedder model;

  @TempDir Path folder;
  private SimilarQuestions questions;
  private Replica replica;

  @BeforeAll
  static void load() {
    model = MiniLm.load();
  }

  @BeforeEach
  void start() {
    questions = new SimilarQuestions(model, 0.95, 1 << 20, PATIENCE, Runnable::run);
    replica = Replica.Plan.in(folder).similar(questions).start();
  }

  @AfterEach
  void close() {
    replica.close();
  }

  @Test
  void aQuestionThatMeansTheSameGetsTheAnswerAndIsMarked() {
    fill("t", ASKED);
    Outcome.SimilarHit hit = (Outcome.SimilarHit) ask("t", ALIKE);
    assertThat(hit.entry().json()).isEqualTo(Replica.answer(ASKED));
    assertThat(hit.similarity()).isBetween(0.95, 1.0);
    assertThat(ask("t", ASKED)).isInstanceOf(Outcome.Hit.class);
    assertThat(replica.counts.tenants().get("t").similarHits.sum()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "What is the capital of Germany?",
        "What is the largest city of France?",
        "Tell me a story about a fox."
      })
  void anotherQuestionIsComputed(String other) {
    fill("t", ASKED);
    assertThat(ask("t", other)).isInstanceOf(Outcome.Lead.class);
  }

  @Test
  void aQuestionWhoseAnswerNobodyHasGivenIsNoHit() {
    assertThat(ask("t", ASKED)).isInstanceOf(Outcome.Lead.class);
    assertThat(ask("t", ALIKE)).isInstanceOf(Outcome.Lead.class);
  }

  @Test
  void anotherTenantSaltModelOrPromptIsNeverAnswered() {
    Random random = new Random(7);
    fill("t", ASKED);
    for (int i = 0; i < 200; i++) {
      String tenant = random.nextBoolean() ? "t" : "other" + random.nextInt(3);
      String salt = random.nextBoolean() ? "salt" : "salt" + random.nextInt(3);
      String weights = random.nextBoolean() ? "w" : "w" + random.nextInt(3);
      String around = random.nextBoolean() ? "around" : "around" + random.nextInt(3);
      Scope scope = random.nextInt(4) == 0 ? Scope.SHARED : Scope.TENANT;
      KeyMaterial asked =
          request(tenant, salt, weights, scope, random.nextBoolean() ? ALIKE : ASKED);
      Outcome outcome = replica.cache.lookup(asked, Replica.USUAL, Optional.of(around)).join();
      boolean own = tenant.equals("t") && salt.equals("salt") && weights.equals("w");
      boolean may = own && scope == Scope.TENANT;
      if (!may) {
        assertThat(outcome).isNotInstanceOfAny(Outcome.Hit.class, Outcome.SimilarHit.class);
      } else if (!around.equals("around")) {
        assertThat(outcome).isNotInstanceOf(Outcome.SimilarHit.class);
      }
    }
  }

  @Test
  void whoDoesNotAskForItOrReadsNothingGetsNone() {
    fill("t", ASKED);
    KeyMaterial alike = request("t", "salt", "w", Scope.TENANT, ALIKE);
    assertThat(replica.cache.lookup(alike, Replica.USUAL).join()).isInstanceOf(Outcome.Lead.class);
    Control fresh = new Control(false, false, OptionalLong.empty(), OptionalLong.empty());
    assertThat(replica.cache.lookup(alike, fresh, Optional.of("around")).join())
        .isInstanceOf(Outcome.Pass.class);
  }

  @Test
  void aPurgedTenantModelOrKeyIsForgottenHereToo() {
    fill("t", ASKED);
    fill("u", ASKED);
    assertThat(questions.size()).isEqualTo(2);
    replica.administration.purge(new Purge.Tenant("t"));
    assertThat(questions.size()).isEqualTo(1);
    assertThat(ask("t", ALIKE)).isInstanceOf(Outcome.Lead.class);
    replica.administration.purge(
        new Purge.Key(request("u", "salt", "w", Scope.TENANT, ASKED).key()));
    assertThat(ask("u", ALIKE)).isInstanceOf(Outcome.Lead.class);
    replica.administration.purge(new Purge.Model("w"));
    assertThat(questions.size()).isZero();
  }

  @Test
  void memoryIsBounded() {
    SimilarQuestions few = new SimilarQuestions(model, 0.95, 20_000, PATIENCE, Runnable::run);
    Replica small = Replica.Plan.in(folder.resolve("small")).similar(few).start();
    for (int i = 0; i < 60; i++) {
      ask(small, "tenant " + i % 30, "Question " + (char) ('a' + i / 30));
    }
    assertThat(few.size()).isBetween(1L, 10L);
    small.close();
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.5, 0.9499, 1.01, Double.NaN, -1})
  void aThresholdOutOfBoundsIsRefused(double threshold) {
    assertThatThrownBy(() -> new SimilarQuestions(model, threshold, 1, 1, Runnable::run))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("deepseek.cache.semantic.threshold");
  }

  @Test
  void aModelThatFailsHangsOrIsBusyIsAMiss() {
    Embedder failing =
        text -> {
          throw new IllegalStateException("no vector");
        };
    for (SimilarQuestions broken :
        List.of(
            new SimilarQuestions(failing, 0.95, 1 << 20, PATIENCE, Runnable::run),
            new SimilarQuestions(text -> new float[3], 0.95, 1 << 20, PATIENCE, Runnable::run),
            new SimilarQuestions(model, 0.95, 1 << 20, 10, never -> {}),
            new SimilarQuestions(
                model,
                0.95,
                1 << 20,
                PATIENCE,
                full -> {
                  throw new RejectedExecutionException("full");
                }))) {
      try (Replica other = Replica.Plan.in(folder.resolve("broken")).similar(broken).start()) {
        assertThat(ask(other, "t", ASKED)).isInstanceOf(Outcome.Lead.class);
      }
    }
  }

  private void fill(String tenant, String text) {
    Outcome.Lead lead = (Outcome.Lead) ask(tenant, text);
    assertThat(replica.cache.store(lead.lease(), Replica.answer(text), 100).join()).isTrue();
    Address address = lead.lease().address();
    assertThat(address.owner()).isEqualTo(tenant);
  }

  private Outcome ask(String tenant, String text) {
    return ask(replica, tenant, text);
  }

  private static Outcome ask(Replica replica, String tenant, String text) {
    return replica
        .cache
        .lookup(
            request(tenant, "salt", "w", Scope.TENANT, text), Replica.USUAL, Optional.of("around"))
        .join();
  }

  private static KeyMaterial request(
      String tenant, String salt, String weights, Scope scope, String text) {
    ObjectNode request = JSON.createObjectNode();
    request.putArray("messages").addObject().put("role", "user").put("content", text);
    return new KeyMaterial(
        tenant,
        salt,
        scope,
        new ModelIdentity(weights, "tokenizer", "template", "engine"),
        request);
  }
}
