package platform.deepseek.inference.grammar.schema;

import com.fasterxml.jackson.databind.JsonNode;

/** A schema inside the document, known by its place. */
final class Location {

  private final String path;
  private final JsonNode json;

  Location(String path, JsonNode json) {
    this.path = path;
    this.json = json;
  }

  /** A JSON pointer behind '#'. */
  String path() {
    return path;
  }

  JsonNode json() {
    return json;
  }

  Location below(String name, JsonNode child) {
    return new Location(path + "/" + name.replace("~", "~0").replace("/", "~1"), child);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Location location && path.equals(location.path);
  }

  @Override
  public int hashCode() {
    return path.hashCode();
  }

  @Override
  public String toString() {
    return path;
  }
}
