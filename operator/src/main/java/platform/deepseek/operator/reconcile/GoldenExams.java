package platform.deepseek.operator.reconcile;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jboss.logging.Logger;
import platform.deepseek.operator.exam.BadQuestions;
import platform.deepseek.operator.exam.Exam;
import platform.deepseek.operator.exam.GoldenQuestion;
import platform.deepseek.operator.exam.Marks;
import platform.deepseek.operator.resource.GoldenAnswers;
import platform.deepseek.operator.resource.SecretReference;

/**
 * Holds exams beside the reconciliations: a model may take a minute for its answers, and meanwhile
 * its resource is still looked after. One exam per look; what came of it is kept until the next, so
 * that a look that is repeated asks nothing again. Lost in a restart, it is held again.
 */
final class GoldenExams {

  private static final Logger LOG = Logger.getLogger(GoldenExams.class);
  private static final String KEY = "api-key";
  private static final Duration KEPT_FOR = Duration.ofHours(1);

  private record Held(String look, Instant begun, FutureTask<Marks> marks) {}

  private final Map<String, Held> exams = new ConcurrentHashMap<>();
  private final KubernetesClient client;
  private final Clock clock;

  GoldenExams(KubernetesClient client, Clock clock) {
    this.client = Glance.with(client);
    this.clock = clock;
  }

  /** How it came out; empty while it is being held. */
  Optional<Marks> marks(Candidate candidate, GoldenAnswers golden) {
    var now = clock.instant();
    exams.values().removeIf(held -> held.begun.plus(KEPT_FOR).isBefore(now));
    var held =
        exams.compute(
            candidate.resource().getMetadata().getUid(),
            (uid, before) ->
                before != null && before.look.equals(candidate.look())
                    ? before
                    : begun(candidate, golden, now, before));
    return held.marks.isDone() ? Optional.of(outcome(held, candidate)) : Optional.empty();
  }

  private Held begun(Candidate candidate, GoldenAnswers golden, Instant now, Held before) {
    if (before != null) {
      before.marks.cancel(true);
    }
    var task = new FutureTask<>(() -> hold(candidate, golden));
    Thread.ofVirtual()
        .name("golden-answers-" + candidate.resource().getMetadata().getName())
        .start(task);
    return new Held(candidate.look(), now, task);
  }

  private static Marks outcome(Held held, Candidate candidate) {
    try {
      return held.marks.get();
    } catch (ExecutionException e) {
      LOG.errorf(
          e.getCause(), "golden answers of %s", candidate.resource().getMetadata().getName());
      return Marks.none("the questions could not be asked, the operator's log says why");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Marks.none("the operator ends");
    }
  }

  private Marks hold(Candidate candidate, GoldenAnswers golden) throws InterruptedException {
    var namespace = candidate.resource().getMetadata().getNamespace();
    var name = golden.configMap().name();
    try {
      var map = client.configMaps().inNamespace(namespace).withName(name).get();
      if (map == null) {
        return Marks.none("the ConfigMap %s does not exist".formatted(name));
      }
      var secret = golden.keyWith(candidate.resource().getSpec().auth());
      var key = secret.flatMap(it -> key(namespace, it));
      if (secret.isPresent() && key.isEmpty()) {
        return Marks.none("the Secret %s has no key %s".formatted(secret.get().name(), KEY));
      }
      return new Exam(
              GoldenQuestion.parse(map.getData()),
              candidate.tried(),
              candidate.stable(),
              key,
              golden.maxTokens(),
              golden.timeout())
          .hold();
    } catch (BadQuestions e) {
      return Marks.none("the ConfigMap %s: %s".formatted(name, e.getMessage()));
    } catch (KubernetesClientException e) {
      return Marks.none("the questions could not be read: " + e.getMessage());
    }
  }

  private Optional<String> key(String namespace, SecretReference reference) {
    return Optional.ofNullable(
            client.secrets().inNamespace(namespace).withName(reference.name()).get())
        .map(secret -> secret.getData())
        .map(data -> data.get(KEY))
        .map(data -> new String(Base64.getDecoder().decode(data), StandardCharsets.UTF_8).strip());
  }
}
