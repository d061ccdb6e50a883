package platform.deepseek.cache.semantic;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.cache.key.CacheKey;
import platform.deepseek.cache.key.KeyMaterial;
import platform.deepseek.cache.key.ModelIdentity;
import platform.deepseek.cache.key.Scope;

/** Which requests are compared by what their last message means: those that are equal otherwise. */
class QuestionTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String REQUEST =
      """
      {"messages":[{"role":"system","content":"You are terse."},
                   {"role":"user","content":"Hello","name":"x"},
                   {"role":"assistant","content":"Hi."},
                   {"role":"user","content":"What is the capital of France?"}],
       "tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}],
       "stream":true,"user":"u","prompt_cache_key":"p","similar":"a client's own",
       "deepseek_effective":{"dialect":"OpenAiChat","prompt":"00ff","max_tokens":100,
                             "temperature":0,"stop":["."]}}
      """;
  private static final ModelIdentity MODEL = new ModelIdentity("w", "t", "p", "e");

  @Test
  void theRestIsTheRequestWithoutTheTextOfItsLastMessage() {
    ObjectNode other = request();
    last(other).put("content", "Tell me France's capital.");
    effective(other).put("prompt", "another");
    other.put("stream", false).put("user", "another");
    Question question = of(other).orElseThrow();
    assertThat(question.text()).isEqualTo("Tell me France's capital.");
    assertThat(question.rest()).isEqualTo(rest());
  }

  @Test
  void whateverElseIsChangedMakesAnotherRest() {
    Set<CacheKey> rests = new HashSet<>();
    rests.add(rest());
    List<ObjectNode> others = changed();
    for (ObjectNode other : others) {
      assertThat(rests.add(of(other).orElseThrow().rest())).as(other.toString()).isTrue();
    }
    assertThat(others).hasSizeGreaterThan(15);
  }

  /** The request with each of its values changed, and each of its objects longer, one at a time. */
  private static List<ObjectNode> changed() {
    List<ObjectNode> changed = new ArrayList<>();
    List<String> places = new ArrayList<>();
    places(request(), "", places);
    for (String place : places) {
      if (place.matches("/(stream|user)|/messages/3/(content|role)|/deepseek_effective/prompt")) {
        continue;
      }
      ObjectNode other = request();
      ObjectNode parent = (ObjectNode) other.at(place.substring(0, place.lastIndexOf('/')));
      parent.put(place.substring(place.lastIndexOf('/') + 1), "changed");
      changed.add(other);
      ObjectNode longer = request();
      ((ObjectNode) longer.at(place.substring(0, place.lastIndexOf('/')))).put("more", place);
      changed.add(longer);
    }
    return changed;
  }

  /** Of all values that are members of objects and no containers. */
  private static void places(JsonNode node, String path, List<String> places) {
    if (node.isObject()) {
      for (var member : node.properties()) {
        String place = path + "/" + member.getKey();
        if (member.getValue().isContainerNode()) {
          places(member.getValue(), place, places);
        } else {
          places.add(place);
        }
      }
    } else if (node.isArray()) {
      for (int i = 0; i < node.size(); i++) {
        places(node.get(i), path + "/" + i, places);
      }
    }
  }

  @Test
  void theRestIsItsTenantsItsSaltsItsModelsAndItsPrompts() {
    ObjectNode request = request();
    Set<CacheKey> rests = new HashSet<>();
    for (String tenant : List.of("t", "u")) {
      for (String salt : List.of("s", "z")) {
        for (ModelIdentity model :
            List.of(
                MODEL,
                new ModelIdentity("W", "t", "p", "e"),
                new ModelIdentity("w", "T", "p", "e"),
                new ModelIdentity("w", "t", "P", "e"),
                new ModelIdentity("w", "t", "p", "E"))) {
          for (String around : List.of("a", "b")) {
            KeyMaterial material = new KeyMaterial(tenant, salt, Scope.TENANT, model, request);
            rests.add(Question.of(material, around).orElseThrow().rest());
          }
        }
      }
    }
    assertThat(rests).hasSize(2 * 2 * 5 * 2);
  }

  @Test
  void questionsWithOtherNumbersAreNotCompared() {
    ObjectNode one = request();
    last(one).put("content", "What is 2 + 2?");
    ObjectNode two = request();
    last(two).put("content", "What is 2 + 3?");
    ObjectNode same = request();
    last(same).put("content", "2 and 2 make what?");
    assertThat(of(one).orElseThrow().rest()).isNotEqualTo(of(two).orElseThrow().rest());
    assertThat(of(one).orElseThrow().rest()).isEqualTo(of(same).orElseThrow().rest());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"messages\":[]}",
        "{\"messages\":\"text\"}",
        "{\"messages\":[{\"role\":\"assistant\",\"content\":\"x\"}]}",
        "{\"messages\":[{\"role\":\"user\",\"content\":\" \"}]}",
        "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}]}",
        "{\"messages\":[{\"role\":\"user\"}]}",
        "{\"prompt\":\"x\"}"
      })
  void whatDoesNotEndWithAUsersTextIsNotCompared(String request) {
    assertThat(of(json(request))).isEmpty();
  }

  @Test
  void whatIsLongOrSharedByTenantsIsNotCompared() {
    ObjectNode longer = request();
    last(longer).put("content", "a".repeat(Question.LONGEST + 1));
    assertThat(of(longer)).isEmpty();
    assertThat(Question.of(new KeyMaterial("t", "s", Scope.SHARED, MODEL, request()), "a"))
        .isEmpty();
  }

  private static CacheKey rest() {
    return of(request()).orElseThrow().rest();
  }

  private static Optional<Question> of(ObjectNode request) {
    return Question.of(new KeyMaterial("t", "s", Scope.TENANT, MODEL, request), "around");
  }

  private static ObjectNode request() {
    return json(REQUEST);
  }

  private static ObjectNode last(ObjectNode request) {
    return (ObjectNode) request.at("/messages/3");
  }

  private static ObjectNode effective(ObjectNode request) {
    return (ObjectNode) request.get("deepseek_effective");
  }

  private static ObjectNode json(String text) {
    try {
      return (ObjectNode) JSON.readTree(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
