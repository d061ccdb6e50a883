package platform.deepseek.operator.fit;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import platform.deepseek.operator.resource.Model;
import platform.deepseek.operator.resource.ModelShape;

/** Shapes of the models known by name: src/main/resources/fit/model-shapes.csv. */
public final class ModelShapes {

  private final Map<String, ModelShape> byName;

  private ModelShapes(Map<String, ModelShape> byName) {
    this.byName = byName;
  }

  public static ModelShapes known() {
    var stream = ModelShapes.class.getResourceAsStream("/fit/model-shapes.csv");
    try (var reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
      return new ModelShapes(
          reader
              .lines()
              .filter(line -> !line.isBlank() && !line.startsWith("#"))
              .map(line -> line.split(","))
              .collect(Collectors.toUnmodifiableMap(fields -> fields[0], ModelShapes::shape)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ModelShape shape(String[] fields) {
    return new ModelShape(
        Long.valueOf(fields[1]), Long.valueOf(fields[2]), Boolean.valueOf(fields[3]));
  }

  /** The shape written in the resource, else the one known for the name. */
  public Optional<ModelShape> of(Model model) {
    return Optional.ofNullable(model.shape())
        .or(() -> Optional.ofNullable(byName.get(model.name())));
  }
}
