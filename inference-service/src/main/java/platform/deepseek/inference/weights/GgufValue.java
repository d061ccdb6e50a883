package platform.deepseek.inference.weights;

import java.lang.foreign.MemorySegment;
import java.util.List;

/** A metadata value, by what can be done with it. */
sealed interface GgufValue {

  record Text(String text) implements GgufValue {}

  record Whole(long number) implements GgufValue {}

  record Real(double number) implements GgufValue {}

  record Truth(boolean truth) implements GgufValue {}

  record Texts(List<String> texts) implements GgufValue {}

  /** An array of fixed-size values, left in the mapped file. */
  record Numbers(GgufType type, int count, MemorySegment data) implements GgufValue {}

  default String kind() {
    return switch (this) {
      case Text text -> "a string";
      case Whole whole -> "an integer";
      case Real real -> "a floating-point number";
      case Truth truth -> "a boolean";
      case Texts texts -> "an array of strings";
      case Numbers numbers -> "an array of " + numbers.type();
    };
  }
}
