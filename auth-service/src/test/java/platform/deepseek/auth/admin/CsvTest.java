package platform.deepseek.auth.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CsvTest {

  @ParameterizedTest
  @ValueSource(strings = {"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＠x"})
  void noTextIsReadAsAFormula(String text) {
    assertThat(Csv.line(List.of(text))).isEqualTo("\"'" + text + "\"\r\n");
  }

  @Test
  void quotesAndCommasStayInTheirCell() {
    assertThat(Csv.line(List.of("a\"b", "c,d\n=1", 7, -8L, "")))
        .isEqualTo("\"a\"\"b\",\"c,d\n=1\",7,-8,\"\"\r\n");
  }
}
