package platform.deepseek.cache.key;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** What changes a key, and what does not. */
class KeyMaterialTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final ModelIdentity MODEL = new ModelIdentity("w", "t", "c", "e");

  @Test
  void flippingAnyFieldChangesTheKeyUnlessItIsLeftOut() throws IOException {
    ObjectNode request = request();
    CacheKey key = key(request);
    List<Consumer<ObjectNode>> flips = new ArrayList<>();
    List<String> names = new ArrayList<>();
    collect(request, "", names, flips);
    assertThat(names).hasSizeGreaterThan(25);
    for (int i = 0; i < flips.size(); i++) {
      ObjectNode other = request.deepCopy();
      flips.get(i).accept(other);
      String top = names.get(i).split("[/ ]")[1];
      if (KeyMaterial.LEFT_OUT.contains(top)) {
        assertThat(key(other)).as(names.get(i)).isEqualTo(key);
      } else {
        assertThat(key(other)).as(names.get(i)).isNotEqualTo(key);
      }
    }
  }

  @Test
  void aFieldThatNobodyKnowsChangesTheKey() throws IOException {
    Random random = new Random(7);
    Map<CacheKey, String> seen = new HashMap<>();
    seen.put(key(request()), "none");
    for (int i = 0; i < 2_000; i++) {
      ObjectNode request = request();
      String name = Integer.toString(random.nextInt(1 << 30), 36);
      request.put(name, i % 3);
      assertThat(seen.put(key(request), name)).isNull();
    }
  }

  @Test
  void requestsThatDifferInSpellingOnlyShareOneKey() throws IOException {
    Random random = new Random(11);
    ObjectNode request = request();
    CacheKey key = key(request);
    for (int i = 0; i < 500; i++) {
      assertThat(key((ObjectNode) JSON.readTree(respell(request, random)))).isEqualTo(key);
    }
  }

  @Test
  void stringsThatJoinToTheSameTextDoNotShareAKey() throws IOException {
    Map<CacheKey, String> seen = new HashMap<>();
    for (String[] parts :
        new String[][] {
          {"ab", "c"}, {"a", "bc"}, {"abc", ""}, {"", "abc"}, {"a\",\"b", "c"}, {"a", "b\",\"c"}
        }) {
      ObjectNode request = JSON.createObjectNode();
      request.putArray("messages").add(parts[0]).add(parts[1]);
      assertThat(seen.put(key(request), String.join("|", parts))).isNull();
    }
    for (String[] parts : new String[][] {{"ab", "c"}, {"a", "bc"}, {"abc", "d"}, {"ab", "cd"}}) {
      KeyMaterial one =
          new KeyMaterial(parts[0], parts[1], Scope.TENANT, MODEL, JSON.createObjectNode());
      assertThat(seen.put(one.key(), String.join("|", parts))).isNull();
      ModelIdentity model = new ModelIdentity(parts[0], parts[1], "c", "e");
      KeyMaterial other = new KeyMaterial("t", "s", Scope.TENANT, model, JSON.createObjectNode());
      assertThat(seen.put(other.key(), "model " + String.join("|", parts))).isNull();
    }
  }

  @Test
  void aRequestCannotPretendToBeAnothersAddress() {
    ObjectNode inner = JSON.createObjectNode();
    inner.putObject("address").put("tenant", "b");
    KeyMaterial a = new KeyMaterial("a", "s", Scope.TENANT, MODEL, inner);
    KeyMaterial b = new KeyMaterial("b", "s", Scope.TENANT, MODEL, JSON.createObjectNode());
    assertThat(a.key()).isNotEqualTo(b.key());
  }

  @Test
  void tenantSaltAndEveryPartOfTheModelAreInTheKey() throws IOException {
    List<KeyMaterial> all =
        List.of(
            material("t", "s", Scope.TENANT, MODEL),
            material("u", "s", Scope.TENANT, MODEL),
            material("t", "r", Scope.TENANT, MODEL),
            material("t", "s", Scope.SHARED, MODEL),
            material("t", "s", Scope.TENANT, new ModelIdentity("x", "t", "c", "e")),
            material("t", "s", Scope.TENANT, new ModelIdentity("w", "x", "c", "e")),
            material("t", "s", Scope.TENANT, new ModelIdentity("w", "t", "x", "e")),
            material("t", "s", Scope.TENANT, new ModelIdentity("w", "t", "c", "x")));
    assertThat(all.stream().map(KeyMaterial::key).distinct()).hasSize(all.size());
  }

  @Test
  void sharedAnswersAreTheSameForAllTenants() throws IOException {
    assertThat(material("t", "s", Scope.SHARED, MODEL).key())
        .isEqualTo(material("u", "r", Scope.SHARED, MODEL).key());
  }

  @Test
  void theKeyOfTheContractsExampleStaysWhatItIs() throws IOException {
    assertThat(material("t", "s", Scope.TENANT, MODEL).key().toString())
        .isEqualTo("491fc97c2f6e0a63f5ee483df5295e92e78a55f0d1cee272194c8830ade786cd");
  }

  private static KeyMaterial material(String tenant, String salt, Scope scope, ModelIdentity model)
      throws IOException {
    return new KeyMaterial(tenant, salt, scope, model, request());
  }

  private static CacheKey key(ObjectNode request) {
    return new KeyMaterial("t", "s", Scope.TENANT, MODEL, request).key();
  }

  private static ObjectNode request() throws IOException {
    try (InputStream in =
        KeyMaterialTest.class.getResourceAsStream("/contract/lookup-request.json")) {
      return (ObjectNode) JSON.readTree(in).get("request");
    }
  }

  /** A change for every value in it, by a path such as /messages/0/role. */
  private static void collect(
      JsonNode node, String path, List<String> names, List<Consumer<ObjectNode>> flips) {
    if (node instanceof ObjectNode object) {
      object
          .properties()
          .forEach(
              member -> {
                String at = path + "/" + member.getKey();
                names.add(at + " removed");
                flips.add(root -> ((ObjectNode) root.at(path)).remove(member.getKey()));
                names.add(at + " replaced");
                flips.add(root -> ((ObjectNode) root.at(path)).put(member.getKey(), "flipped"));
                collect(member.getValue(), at, names, flips);
              });
    } else if (node instanceof ArrayNode array) {
      names.add(path + "/+ added");
      flips.add(root -> ((ArrayNode) root.at(path)).add("flipped"));
      for (int i = 0; i < array.size(); i++) {
        int at = i;
        names.add(path + "/" + i + " removed");
        flips.add(root -> ((ArrayNode) root.at(path)).remove(at));
        collect(array.get(i), path + "/" + i, names, flips);
      }
    }
  }

  /** The same value with other white space, order, escapes and number spellings. */
  private static String respell(JsonNode node, Random random) {
    String space = " \n\t".substring(0, random.nextInt(4));
    if (node instanceof ObjectNode object) {
      List<String> members = new ArrayList<>();
      object
          .properties()
          .forEach(
              member ->
                  members.add(
                      respell(JSON.getNodeFactory().textNode(member.getKey()), random)
                          + space
                          + ":"
                          + respell(member.getValue(), random)));
      Collections.shuffle(members, random);
      return "{" + space + String.join("," + space, members) + "}";
    }
    if (node instanceof ArrayNode array) {
      List<String> elements = new ArrayList<>();
      array.forEach(element -> elements.add(respell(element, random)));
      return "[" + String.join(space + ",", elements) + space + "]";
    }
    if (node.isTextual()) {
      StringBuilder text = new StringBuilder("\"");
      node.textValue()
          .chars()
          .forEach(
              c ->
                  text.append(
                      random.nextInt(5) == 0 || c == '"' || c == '\\'
                          ? "\\u%04x".formatted(c)
                          : String.valueOf((char) c)));
      return text.append('"').toString();
    }
    if (node.isNumber()) {
      return switch (random.nextInt(4)) {
        case 0 -> node.asText();
        case 1 -> node.asText() + ".0";
        case 2 -> node.asText() + "e0";
        default -> node.asText() + ".0E+0";
      };
    }
    return node.toString();
  }
}
