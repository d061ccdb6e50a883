package platform.deepseek.inference.grammar.schema;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The keywords of one schema, checked. Schemas inside it are named by their locations and read when
 * they are reached.
 *
 * @param types those allowed; an integer is a NUMBER and restricts the range
 * @param enumerations the values of enum and const; a valid value is in every list
 * @param applied the schemas that the same value must follow too ($ref and allOf)
 * @param anyOf the branches of anyOf, if it is there
 * @param oneOf the branches of oneOf, if it is there
 */
record SchemaNode(
    Location location,
    boolean impossible,
    Set<Type> types,
    List<List<JsonNode>> enumerations,
    NumberRange range,
    Text text,
    Items items,
    Members members,
    List<Location> applied,
    Optional<List<Location>> anyOf,
    Optional<List<Location>> oneOf) {

  /** What a string must be. */
  record Text(Count length, Optional<String> pattern, Optional<String> format) {

    boolean isAny() {
      return length.isAny() && pattern.isEmpty() && format.isEmpty();
    }
  }

  /** What an array must be. */
  record Items(List<Location> prefix, Optional<Location> rest, Count count) {

    Optional<Location> at(int index) {
      return index < prefix.size() ? Optional.of(prefix.get(index)) : rest;
    }
  }

  /**
   * What an object must be.
   *
   * @param properties by name, in the order of the schema
   * @param patterns by pattern
   */
  record Members(
      Map<String, Location> properties,
      Map<String, Location> patterns,
      Optional<Location> additional,
      Optional<Location> names,
      List<String> required,
      Count count) {}
}
