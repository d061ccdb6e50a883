package platform.deepseek.inference.grammar.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.LocalDate;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Formats accept what is in use and refuse what their standards forbid. */
class FormatsTest {

  @ParameterizedTest
  @CsvSource({
    "date-time, 2024-02-29T23:59:59.123Z, true",
    "date-time, 2023-02-29T00:00:00Z, false",
    "date-time, 2024-01-01 00:00:00Z, false",
    "date-time, 2024-01-01T00:00:00+05:30, true",
    "time, 24:00:00Z, false",
    "time, 12:30:00, false",
    "duration, P1Y2M3DT4H5M6S, true",
    "duration, P4W, true",
    "duration, PT, false",
    "duration, P1S, false",
    "email, first.last+tag@mail.example.com, true",
    "email, first..last@example.com, false",
    "email, nobody, false",
    "hostname, www.example.com, true",
    "hostname, -a.com, false",
    "ipv4, 255.249.19.0, true",
    "ipv4, 256.1.1.1, false",
    "ipv4, 01.1.1.1, false",
    "ipv6, ::, true",
    "ipv6, ::1, true",
    "ipv6, fe80::1:2, true",
    "ipv6, 1:2:3:4:5:6:7:8, true",
    "ipv6, 1:2:3:4:5:6:7::, true",
    "ipv6, 1:2:3:4:5:6:7:8:9, false",
    "ipv6, 1::2::3, false",
    "uuid, 123e4567-e89b-12d3-a456-426614174000, true",
    "uuid, 123e4567e89b12d3a456426614174000, false",
    "uri, https://example.com:8080/a/b?c=d&e=%20#f, true",
    "uri, mailto:someone@example.com, true",
    "uri, urn:isbn:0451450523, true",
    "uri, /relative, false",
    "uri, https://example.com/a b, false"
  })
  void formatsAcceptWhatTheirStandardsAllow(String format, String text, boolean valid) {
    assertThat(Formats.language(format).orElseThrow().accepts(text)).isEqualTo(valid);
  }

  @Test
  void datesAreThoseOfTheCalendar() {
    var dates = Formats.language("date").orElseThrow();
    for (int year : List.of(0, 4, 1900, 1999, 2000, 2023, 2024, 2100, 9999)) {
      for (int month = 0; month <= 13; month++) {
        for (int day = 0; day <= 32; day++) {
          boolean exists =
              month >= 1
                  && month <= 12
                  && day >= 1
                  && day <= LocalDate.of(year, month, 1).lengthOfMonth();
          var date = "%04d-%02d-%02d".formatted(year, month, day);
          assertThat(dates.accepts(date)).as(date).isEqualTo(exists);
        }
      }
    }
  }
}
