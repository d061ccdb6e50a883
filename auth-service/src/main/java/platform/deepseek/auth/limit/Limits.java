package platform.deepseek.auth.limit;

import java.util.EnumMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * The limits of one level; a measure without an entry is not limited there.
 *
 * @param values from 0 to {@link Measure#LARGEST}
 */
public record Limits(Map<Measure, Long> values) {

  public static final Limits NONE = new Limits(Map.of());

  public Limits {
    values.forEach(
        (measure, value) -> {
          if (value < 0 || value > Measure.LARGEST) {
            throw new IllegalArgumentException(
                "the limit %s is from 0 to %d, not %d"
                    .formatted(measure.label(), Measure.LARGEST, value));
          }
        });
    values = Map.copyOf(values);
  }

  public static Limits of(Measure measure, long value) {
    return NONE.with(measure, value);
  }

  public OptionalLong get(Measure measure) {
    Long value = values.get(measure);
    return value == null ? OptionalLong.empty() : OptionalLong.of(value);
  }

  public Limits with(Measure measure, long value) {
    EnumMap<Measure, Long> more = new EnumMap<>(Measure.class);
    more.putAll(values);
    more.put(measure, value);
    return new Limits(more);
  }

  /** These, and where they say nothing, the others. */
  public Limits orElse(Limits others) {
    EnumMap<Measure, Long> both = new EnumMap<>(Measure.class);
    both.putAll(others.values);
    both.putAll(values);
    return new Limits(both);
  }

  public boolean isEmpty() {
    return values.isEmpty();
  }
}
