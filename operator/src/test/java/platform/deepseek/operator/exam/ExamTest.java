package platform.deepseek.operator.exam;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import platform.deepseek.operator.ModelServer;
import platform.deepseek.operator.ModelServer.Reply;

/** Questions with known answers, asked of a server on loopback. */
class ExamTest {

  private static final Map<String, String> THREE =
      Map.of(
          "capital.question", "Capital of France?",
          "capital.answer", "Paris",
          "sum.question", "2 + 2?",
          "sum.contains", "4",
          "poem.question", "A poem?");

  private static Examinee at(String host, ModelServer server) {
    return new Examinee(URI.create("http://%s:%d".formatted(host, server.port())), "r1");
  }

  private static Marks hold(ModelServer server, Map<String, String> questions, Duration patience)
      throws Exception {
    return new Exam(
            GoldenQuestion.parse(questions),
            List.of(at("127.0.0.1", server)),
            List.of(at("127.0.0.2", server)),
            Optional.of("sk-golden"),
            64,
            patience)
        .hold();
  }

  private static Marks hold(ModelServer server, Map<String, String> questions) throws Exception {
    return hold(server, questions, Duration.ofSeconds(30));
  }

  private static boolean isStable(InetAddress address) {
    return address.getHostAddress().equals("127.0.0.2");
  }

  @Test
  void answersThatAreGivenContainedOrTheStableOnesAreRight() throws Exception {
    try (var server =
        new ModelServer(
            (address, question) ->
                Reply.of(
                    switch (question) {
                      case "Capital of France?" -> "  Paris\n";
                      case "2 + 2?" -> "Two and two are 4, of course.";
                      default -> isStable(address) ? "Roses are\nred" : "Roses are red";
                    }))) {
      var marks = hold(server, THREE);
      assertThat(marks.share()).hasValue(1);
      assertThat(marks.message()).isEmpty();
      assertThat(server.asked()).hasSize(4);
      assertThat(server.asked())
          .allSatisfy(
              asked -> {
                assertThat(asked.headers())
                    .containsEntry("Authorization", List.of("Bearer sk-golden"));
                assertThat(asked.headers())
                    .as("an answer of another revision is not repeated")
                    .containsEntry("Cache-control", List.of("no-cache, no-store"));
                assertThat(asked.body().get("model").asText()).isEqualTo("r1");
                assertThat(asked.body().get("temperature").asInt(-1)).isZero();
                assertThat(asked.body().get("max_tokens").asInt()).isEqualTo(64);
              });
      assertThat(server.asked().stream().filter(asked -> isStable(asked.address())))
          .as("the stable revision is asked only what has no answer of its own")
          .singleElement()
          .satisfies(
              asked ->
                  assertThat(asked.body().at("/messages/0/content").asText()).isEqualTo("A poem?"));
    }
  }

  @Test
  void whatIsWrongIsNamedWithBothAnswers() throws Exception {
    try (var server =
        new ModelServer(
            (address, question) ->
                switch (question) {
                  case "Capital of France?" -> Reply.of("Lyon");
                  case "2 + 2?" -> new Reply(503, "overloaded");
                  default -> Reply.of(isStable(address) ? "red" : "blue");
                })) {
      var marks = hold(server, THREE);
      assertThat(marks.share()).hasValue(0);
      assertThat(marks.message())
          .hasValue(
              "3 of 3 wrong: capital: 'Lyon' instead of 'Paris'; poem: 'blue' instead of 'red';"
                  + " sum: status 503: overloaded");
    }
  }

  @Test
  void aModelThatDoesNotAnswerInTimeIsWrongAndNotWaitedFor() throws Exception {
    var never = new CountDownLatch(1);
    try (var server =
        new ModelServer(
            (address, question) -> {
              if (question.equals("2 + 2?")) {
                never.await();
              }
              return Reply.of("Paris");
            })) {
      // Its answer does not come before the end of the test, which this does not wait for.
      var marks = hold(server, THREE, Duration.ofSeconds(5));
      assertThat(marks.share().orElseThrow()).isBetween(0.66, 0.67);
      assertThat(marks.message().orElseThrow()).startsWith("1 of 3 wrong: sum: ");
    } finally {
      never.countDown();
    }
  }

  @Test
  void whoCannotBeReachedHasNoAnswers() throws Exception {
    int port;
    try (var gone = new ModelServer((address, question) -> Reply.of(""))) {
      port = gone.port();
    }
    var marks =
        new Exam(
                GoldenQuestion.parse(THREE),
                List.of(new Examinee(URI.create("http://127.0.0.1:" + port), "r1")),
                List.of(),
                Optional.empty(),
                64,
                Duration.ofSeconds(30))
            .hold();
    assertThat(marks.share()).hasValue(0);
    assertThat(marks.message().orElseThrow()).contains("capital: http://127.0.0.1:" + port);
    var nobody =
        new Exam(
                GoldenQuestion.parse(THREE),
                List.of(),
                List.of(),
                Optional.empty(),
                64,
                Duration.ofSeconds(1))
            .hold();
    assertThat(nobody.share()).isEmpty();
    assertThat(nobody.message()).hasValue("no replica of the new revision is ready");
  }

  @Test
  void everyReplicaIsAsked() throws Exception {
    try (var server = new ModelServer((address, question) -> Reply.of("yes"))) {
      var questions = new TreeMap<String, String>();
      for (int i = 0; i < 6; i++) {
        questions.put("q" + i + ".question", "Is it " + i + "?");
        questions.put("q" + i + ".answer", "yes");
      }
      var marks =
          new Exam(
                  GoldenQuestion.parse(questions),
                  List.of(at("127.0.0.1", server), at("127.0.0.3", server)),
                  List.of(),
                  Optional.empty(),
                  64,
                  Duration.ofSeconds(30))
              .hold();
      assertThat(marks.share()).hasValue(1);
      assertThat(server.asked())
          .extracting(asked -> asked.address().getHostAddress())
          .containsOnly("127.0.0.1", "127.0.0.3");
      assertThat(server.asked())
          .allSatisfy(asked -> assertThat(asked.headers()).doesNotContainKey("Authorization"));
    }
  }

  @ParameterizedTest(name = "{1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "a.answer=Paris | key a.answer belongs to no NAME.question",
        "notes=x | key notes belongs to no NAME.question",
        "a.question=  | a.question is empty",
        "a.question=Why?;a.answer=x;a.contains=y | a has both .answer and .contains",
        "a.question=Why?;a.contains=  | a.contains is empty, which every answer has in it",
        "'' | there are 0 keys NAME.question, and 1 to 50 are asked",
      })
  void questionsThatCannotBeAskedAreNamed(String keys, String message) {
    var data = new TreeMap<String, String>();
    for (var pair : keys.split(";")) {
      var parts = pair.split("=", 2);
      if (parts.length == 2) {
        data.put(parts[0], parts[1]);
      }
    }
    assertThatThrownBy(() -> GoldenQuestion.parse(data))
        .isInstanceOf(BadQuestions.class)
        .hasMessage(message);
  }

  @Test
  void moreThanFiftyQuestionsAreTooMany() {
    var data = new TreeMap<String, String>();
    for (int i = 0; i < 51; i++) {
      data.put("q" + i + ".question", "?");
    }
    assertThatThrownBy(() -> GoldenQuestion.parse(data))
        .hasMessage("there are 51 keys NAME.question, and 1 to 50 are asked");
  }
}
