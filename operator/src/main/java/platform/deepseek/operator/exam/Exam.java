package platform.deepseek.operator.exam;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * All questions of one look, asked of the replicas in turn, so that each of them is heard. A few at
 * a time: the replicas serve people meanwhile.
 *
 * @param stable replicas that are asked what has no answer of its own
 * @param patience for all questions together
 */
public record Exam(
    List<GoldenQuestion> questions,
    List<Examinee> canary,
    List<Examinee> stable,
    Optional<String> key,
    int maxTokens,
    Duration patience) {

  private static final int AT_ONCE = 4;
  private static final int FAULTS_TOLD = 3;
  private static final Chat CHAT = new Chat();

  public Marks hold() throws InterruptedException {
    if (canary.isEmpty()) {
      return Marks.none("no replica of the new revision is ready");
    }
    var tasks =
        IntStream.range(0, questions.size())
            .mapToObj(turn -> (Callable<Optional<String>>) () -> fault(turn))
            .toList();
    try (var askers = Executors.newFixedThreadPool(AT_ONCE, Thread.ofVirtual().factory())) {
      return marks(askers.invokeAll(tasks, patience.toMillis(), TimeUnit.MILLISECONDS));
    }
  }

  private Marks marks(List<Future<Optional<String>>> outcomes) throws InterruptedException {
    var faults = new ArrayList<String>();
    for (int turn = 0; turn < outcomes.size(); turn++) {
      var name = questions.get(turn).name();
      fault(outcomes.get(turn)).ifPresent(fault -> faults.add(name + ": " + fault));
    }
    var right = questions.size() - faults.size();
    var told = faults.stream().limit(FAULTS_TOLD).toList();
    return new Marks(
        OptionalDouble.of((double) right / questions.size()),
        faults.isEmpty()
            ? Optional.empty()
            : Optional.of(
                "%d of %d wrong: %s%s"
                    .formatted(
                        faults.size(),
                        questions.size(),
                        String.join("; ", told),
                        told.size() < faults.size() ? "; ..." : "")));
  }

  private Optional<String> fault(Future<Optional<String>> outcome) throws InterruptedException {
    if (outcome.isCancelled()) {
      return Optional.of("no answer within %d s".formatted(patience.toSeconds()));
    }
    try {
      return outcome.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("a question could not be asked", e.getCause());
    }
  }

  private Optional<String> fault(int turn) throws InterruptedException {
    var question = questions.get(turn);
    return switch (ask(canary, turn)) {
      case Answer.Missing(var why) -> Optional.of(why);
      case Answer.Said(var said) ->
          switch (question.expected()) {
            case Expected.Whole(var answer) -> Expected.fault(said, answer, true);
            case Expected.Part(var text) -> Expected.fault(said, text, false);
            case Expected.SameAsStable() -> unlikeStable(said, turn);
          };
    };
  }

  private Optional<String> unlikeStable(String said, int turn) throws InterruptedException {
    return stable.isEmpty()
        ? Optional.of("no replica of the stable revision is ready to compare with")
        : switch (ask(stable, turn)) {
          case Answer.Missing(var why) -> Optional.of("the stable revision: " + why);
          case Answer.Said(var right) -> Expected.fault(said, right, true);
        };
  }

  private Answer ask(List<Examinee> replicas, int turn) throws InterruptedException {
    return CHAT.ask(
        replicas.get(turn % replicas.size()),
        questions.get(turn).question(),
        key,
        maxTokens,
        patience);
  }
}
