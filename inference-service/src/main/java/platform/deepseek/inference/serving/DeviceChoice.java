package platform.deepseek.inference.serving;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What computes, as DEVICE says. */
sealed interface DeviceChoice {

  /** GPUs where they can be used, else the processor. */
  record Automatic() implements DeviceChoice {}

  /** The processor. */
  record Processor() implements DeviceChoice {}

  /**
   * GPUs.
   *
   * @param numbers CUDA's, in the order of their engines; empty: all that are visible
   */
  record Gpus(List<Integer> numbers) implements DeviceChoice {

    public Gpus {
      numbers = List.copyOf(numbers);
    }
  }

  /**
   * Reads {@code auto}, {@code cpu}, {@code cuda} or {@code cuda:0,2}.
   *
   * @throws IllegalArgumentException it is nothing of that
   */
  static DeviceChoice parse(String text) {
    String choice = text.strip().toLowerCase(Locale.ROOT);
    return switch (choice) {
      case "auto" -> new Automatic();
      case "cpu" -> new Processor();
      case "cuda" -> new Gpus(List.of());
      default -> {
        if (!choice.startsWith("cuda:")) {
          throw unknown(text);
        }
        yield new Gpus(numbers(text, choice.substring("cuda:".length())));
      }
    };
  }

  private static List<Integer> numbers(String text, String list) {
    List<Integer> numbers = new ArrayList<>();
    for (String item : list.split(",", -1)) {
      if (!item.matches("[0-9]{1,3}")) {
        throw unknown(text);
      }
      int number = Integer.parseInt(item);
      if (numbers.contains(number)) {
        throw new IllegalArgumentException(
            "DEVICE=%s names GPU %d twice; a GPU computes the model once".formatted(text, number));
      }
      numbers.add(number);
    }
    return numbers;
  }

  private static IllegalArgumentException unknown(String text) {
    return new IllegalArgumentException(
        "DEVICE=%s is not auto, cpu, cuda, or GPUs by their numbers like cuda:0,2".formatted(text));
  }
}
