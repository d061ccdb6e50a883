package platform.deepseek.cache.key;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import platform.deepseek.cache.canonical.CanonicalJson;

/**
 * Everything that an answer depends on, and the key that names it.
 *
 * <p>Wrong keys are the commonest fault of prompt caches. Lists of parameters that belong into a
 * key forget some, and a field that was forgotten makes one request's answer another's: so here the
 * whole request is in the key, minus a short list of what cannot change an answer, and a field that
 * nobody knows yet changes the key. Strings put one after the other collide ("ab" + "c", "a" +
 * "bc"): so the parts are members of one canonical JSON object, behind a tag that says which
 * version of this rule made it. The length of the tag is fixed by the zero byte that ends it.
 *
 * @param tenant whose answer it is
 * @param salt the tenant's, secret: without it nobody can name an answer of this tenant
 * @param request with effective values; absent and default are equal because the caller fills in
 */
public record KeyMaterial(
    String tenant, String salt, Scope scope, ModelIdentity model, ObjectNode request) {

  /** At the top level of a request: what says how it is delivered or to whom. */
  public static final Set<String> LEFT_OUT =
      Set.of(
          "stream",
          "stream_options",
          "user",
          "user_id",
          "safety_identifier",
          "metadata",
          "store",
          "service_tier",
          "prompt_cache_retention");

  private static final byte[] TAG = "dsk-cache/v1\0".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] MODEL_TAG =
      "dsk-cache/v1/model\0".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] REQUEST = ",\"request\":".getBytes(StandardCharsets.US_ASCII);

  /** Few models are asked for again and again. */
  private static final Map<ModelIdentity, byte[]> MODEL_DIGESTS = new ConcurrentHashMap<>();

  private static final int MOST_MODELS = 256;

  /** The tenant under whose key shared answers are encrypted; no tenant's name is empty. */
  public static final String EVERYBODY = "";

  /**
   * @throws platform.deepseek.cache.canonical.NoCanonicalForm when the request has none
   */
  public CacheKey key() {
    byte[] address = CanonicalJson.of(address());
    // {"address":{...},"request":{...}}: canonical, its two names being in order.
    return CacheKey.of(
        Digests.sha256(
            TAG,
            "{\"address\":".getBytes(StandardCharsets.US_ASCII),
            address,
            REQUEST,
            CanonicalJson.of(request, LEFT_OUT),
            "}".getBytes(StandardCharsets.US_ASCII)));
  }

  /** Names the model alone. */
  public byte[] modelDigest() {
    byte[] known = MODEL_DIGESTS.get(model);
    if (known == null) {
      known = Digests.sha256(MODEL_TAG, CanonicalJson.of(model(JsonNodeFactory.instance)));
      if (MODEL_DIGESTS.size() < MOST_MODELS) {
        MODEL_DIGESTS.put(model, known);
      }
    }
    return known.clone();
  }

  /** Under whose data key the answer is kept. */
  public String owner() {
    return switch (scope) {
      case TENANT -> tenant;
      case SHARED -> EVERYBODY;
    };
  }

  private ObjectNode address() {
    JsonNodeFactory json = JsonNodeFactory.instance;
    ObjectNode address = json.objectNode();
    switch (scope) {
      case TENANT -> address.put("scope", "tenant").put("tenant", tenant).put("salt", salt);
      case SHARED -> address.put("scope", "shared");
    }
    address.set("model", model(json));
    return address;
  }

  private ObjectNode model(JsonNodeFactory json) {
    return json.objectNode()
        .put("weights", model.weights())
        .put("tokenizer", model.tokenizer())
        .put("template", model.template())
        .put("engine", model.engine());
  }
}
