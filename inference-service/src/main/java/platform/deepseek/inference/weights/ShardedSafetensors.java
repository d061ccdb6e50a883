package platform.deepseek.inference.weights;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import platform.deepseek.inference.weights.CheckpointException.Code;

/**
 * Several safetensors files and the index that says which tensor lies in which. The index decides:
 * tensors that it does not list are not there.
 */
public final class ShardedSafetensors implements Checkpoint {

  private static final long LONGEST_INDEX = 100_000_000;

  private static final Pattern PLAIN_NAME =
      Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]*\\.safetensors");

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(16).build())
          .build();

  private final List<SafetensorsFile> shards;
  private final Map<String, Tensor> tensors;

  private ShardedSafetensors(List<SafetensorsFile> shards, Map<String, Tensor> tensors) {
    this.shards = shards;
    this.tensors = Collections.unmodifiableMap(tensors);
  }

  /**
   * Opens {@code model.safetensors.index.json} and every file that it names, from its own folder.
   *
   * @throws CheckpointException if one of them cannot be read, is not valid, or lacks a tensor
   */
  public static ShardedSafetensors open(Path index) {
    var weightMap = readIndex(index);
    var shards = new LinkedHashMap<String, SafetensorsFile>();
    try {
      var tensors = new LinkedHashMap<String, Tensor>();
      for (var entry : weightMap.entrySet()) {
        var shard =
            shards.computeIfAbsent(
                entry.getValue(), name -> SafetensorsFile.open(index.resolveSibling(name)));
        var tensor = shard.tensors().get(entry.getKey());
        if (tensor == null) {
          throw CheckpointException.ofTensor(
              Code.MISSING,
              index,
              entry.getKey(),
              0,
              "the index says that it is in " + entry.getValue() + ", but it is not");
        }
        tensors.put(entry.getKey(), tensor);
      }
      return new ShardedSafetensors(new ArrayList<>(shards.values()), tensors);
    } catch (RuntimeException e) {
      shards.values().forEach(SafetensorsFile::close);
      throw e;
    }
  }

  @Override
  public Map<String, Tensor> tensors() {
    return tensors;
  }

  @Override
  public void close() {
    shards.forEach(SafetensorsFile::close);
  }

  private static Map<String, String> readIndex(Path index) {
    String text;
    try (var file = MappedFile.open(index)) {
      if (file.size() > LONGEST_INDEX) {
        throw malformed(index, 0, "index of " + file.size() + " bytes, limit " + LONGEST_INDEX);
      }
      text = Utf8.decode(file.data());
    } catch (CharacterCodingException e) {
      throw CheckpointException.ofFile(Code.MALFORMED, index, 0, "is not valid UTF-8", e);
    }
    try (var parser = JSON.createParser(text)) {
      var weightMap = readIndex(index, parser);
      if (weightMap == null) {
        throw CheckpointException.ofFile(Code.MISSING, index, 0, "has no weight_map");
      }
      return weightMap;
    } catch (IOException e) {
      throw CheckpointException.ofFile(Code.MALFORMED, index, 0, "is not valid JSON", e);
    }
  }

  private static Map<String, String> readIndex(Path index, JsonParser parser) throws IOException {
    expect(index, parser, JsonToken.START_OBJECT);
    Map<String, String> weightMap = null;
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String field = parser.currentName();
      if (!field.equals("weight_map")) {
        parser.nextToken();
        parser.skipChildren();
      } else if (weightMap != null) {
        throw malformed(index, parser.currentLocation().getCharOffset(), "two weight_map objects");
      } else {
        weightMap = readWeightMap(index, parser);
      }
    }
    return weightMap;
  }

  private static Map<String, String> readWeightMap(Path index, JsonParser parser)
      throws IOException {
    expect(index, parser, JsonToken.START_OBJECT);
    var weightMap = new LinkedHashMap<String, String>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String tensor = parser.currentName();
      expect(index, parser, JsonToken.VALUE_STRING);
      String file = parser.getText();
      long offset = parser.currentLocation().getCharOffset();
      // A name with a folder in it could reach any file of the machine.
      if (!PLAIN_NAME.matcher(file).matches()) {
        throw CheckpointException.ofTensor(
            Code.MALFORMED,
            index,
            tensor,
            offset,
            CheckpointException.quoted(file) + " is not the name of a .safetensors file beside it");
      }
      if (weightMap.put(tensor, file) != null) {
        throw CheckpointException.ofTensor(
            Code.MALFORMED, index, tensor, offset, "is listed twice");
      }
    }
    return weightMap;
  }

  private static void expect(Path index, JsonParser parser, JsonToken token) throws IOException {
    if (parser.nextToken() != token) {
      throw malformed(
          index,
          parser.currentLocation().getCharOffset(),
          "expected %s, found %s".formatted(token, parser.currentToken()));
    }
  }

  private static CheckpointException malformed(Path index, long offset, String what) {
    return CheckpointException.ofFile(Code.MALFORMED, index, offset, what);
  }
}
