package platform.deepseek.auth.admin;

import java.time.Instant;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import platform.deepseek.auth.credential.Role;
import platform.deepseek.auth.credential.Scope;
import platform.deepseek.auth.error.BadRequest;
import platform.deepseek.auth.limit.Limits;
import platform.deepseek.auth.limit.Measure;
import platform.deepseek.auth.network.AddressList;
import platform.deepseek.auth.store.Times;

/** From what was sent to what is meant, or a sentence on what is wrong with it. */
final class Fields {

  private static final int LONGEST_NAME = 100;
  private static final int LONGEST_CODE = 64;
  private static final int LONGEST_MODEL = 200;
  private static final int LONGEST_LIST = 4_000;

  private Fields() {}

  static <T> T required(String field, T value) {
    if (value == null) {
      throw BadRequest.missing(field);
    }
    return value;
  }

  static String name(String field, String value) {
    String name = required(field, value).strip();
    if (name.isEmpty()
        || name.length() > LONGEST_NAME
        || name.chars().anyMatch(Character::isISOControl)) {
      throw BadRequest.invalid(
          field, "a name has 1 to %d characters on one line.".formatted(LONGEST_NAME));
    }
    return name;
  }

  static String model(String field, String value) {
    String model = required(field, value);
    if (model.isEmpty()
        || model.length() > LONGEST_MODEL
        || model.chars().anyMatch(c -> c <= ' ' || c == 127)) {
      throw BadRequest.invalid(
          field, "a model's name has 1 to %d characters and no blanks.".formatted(LONGEST_MODEL));
    }
    return model;
  }

  /** What a person typed: looked at as it is, and never told again. */
  static String code(String field, String value) {
    String code = required(field, value).strip();
    if (code.isEmpty() || code.length() > LONGEST_CODE) {
      throw BadRequest.invalid(field, "a code has 1 to %d characters.".formatted(LONGEST_CODE));
    }
    return code;
  }

  /**
   * @param disabled null: as it is
   * @param old null while it is enabled
   */
  static Instant disabledAt(Boolean disabled, Instant old, Instant now) {
    if (disabled == null) {
      return old;
    }
    return disabled ? old == null ? Times.stored(now) : old : null;
  }

  static long number(String field, Long value, long largest) {
    long number = required(field, value);
    if (number < 0 || number > largest) {
      throw BadRequest.invalid(field, "%d is not from 0 to %d.".formatted(number, largest));
    }
    return number;
  }

  static Role role(String field, String value) {
    return Role.of(required(field, value))
        .orElseThrow(
            () ->
                BadRequest.invalid(
                    field,
                    "'%s' is not %s."
                        .formatted(
                            value,
                            Stream.of(Role.values())
                                .map(Role::label)
                                .collect(Collectors.joining(", ")))));
  }

  static Optional<List<String>> models(String field, List<String> values) {
    if (values == null) {
      return Optional.empty();
    }
    List<String> models = new ArrayList<>();
    for (String value : values) {
      models.add(model(field, value));
    }
    requireShort(field, models);
    return Optional.of(models);
  }

  static Optional<AddressList> addresses(String field, List<String> values) {
    if (values == null) {
      return Optional.empty();
    }
    requireShort(field, values);
    try {
      return Optional.of(AddressList.of(values));
    } catch (IllegalArgumentException e) {
      throw BadRequest.invalid(field, e.getMessage() + ".");
    }
  }

  static Optional<Set<Scope>> scopes(String field, List<String> values) {
    return values == null
        ? Optional.empty()
        : Optional.of(
            values.stream()
                .map(
                    value ->
                        Scope.of(value)
                            .orElseThrow(
                                () ->
                                    BadRequest.invalid(
                                        field, "there is no scope '%s'.".formatted(value))))
                .collect(Collectors.toUnmodifiableSet()));
  }

  static Limits limits(String field, Map<String, Long> values) {
    EnumMap<Measure, Long> limits = new EnumMap<>(Measure.class);
    if (values != null) {
      values.forEach(
          (label, value) -> {
            String path = field.isEmpty() ? label : field + "." + label;
            Measure measure =
                Stream.of(Measure.values())
                    .filter(one -> one.label().equals(label))
                    .findFirst()
                    .orElseThrow(() -> BadRequest.unknown(path));
            limits.put(measure, number(path, value, Measure.LARGEST));
          });
    }
    return new Limits(limits);
  }

  /** An instant that is yet to come. */
  static Optional<Instant> future(String field, String value, Instant now) {
    if (value == null) {
      return Optional.empty();
    }
    try {
      Instant instant = Instant.parse(value);
      if (!instant.isAfter(now)) {
        throw BadRequest.invalid(field, "%s is not in the future.".formatted(instant));
      }
      return Optional.of(instant);
    } catch (DateTimeParseException e) {
      throw BadRequest.invalid(field, "write it as 2027-01-31T12:00:00Z.");
    }
  }

  static LocalDate day(String field, String value, LocalDate otherwise) {
    if (value == null) {
      return otherwise;
    }
    try {
      return LocalDate.parse(value);
    } catch (DateTimeParseException e) {
      throw BadRequest.invalid(field, "write it as 2027-01-31.");
    }
  }

  private static void requireShort(String field, List<String> values) {
    if (values.stream().mapToInt(value -> value == null ? 0 : value.length() + 1).sum()
        > LONGEST_LIST) {
      throw BadRequest.invalid(
          field, "the list is longer than %d characters.".formatted(LONGEST_LIST));
    }
  }
}
