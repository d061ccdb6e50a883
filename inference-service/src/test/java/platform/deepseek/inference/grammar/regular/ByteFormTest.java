package platform.deepseek.inference.grammar.regular;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.grammar.ByteAutomaton;

/** Bytes are accepted exactly where the characters that they stand for are. */
class ByteFormTest {

  private static final int[] BORDERS = {
    0, 0x1F, ' ', '"', '\\', 0x7F, 0x80, 0x7FF, 0x800, 0xFFF, 0x1000, 0xD7FF, 0xE000, 0xFFFF,
    0x10000, 0x3FFFF, 0x40000, 0xFFFFF, 0x100000, 0x10FFFF
  };

  @Test
  void rangesHaveTheirCharactersAndNoOthers() {
    var random = new Random(2);
    for (int i = 0; i < 400; i++) {
      int one = character(random);
      int other = character(random);
      var set = CodePointSet.of(Math.min(one, other), Math.max(one, other));
      var language = CharacterAutomaton.matching(new RegularExpression.Characters(set));
      var bytes = ByteForm.plain(language);
      for (int j = 0; j < 60; j++) {
        var text = Character.toString(j < BORDERS.length ? BORDERS[j] : character(random));
        assertThat(accepts(bytes, text.getBytes(StandardCharsets.UTF_8)))
            .isEqualTo(language.accepts(text));
      }
    }
  }

  @Test
  void brokenUtf8IsNotAccepted() {
    var bytes = ByteForm.plain(CharacterAutomaton.EVERYTHING);

    assertThat(accepts(bytes, "aé日😀".getBytes(StandardCharsets.UTF_8))).isTrue();
    assertThat(accepts(bytes, new byte[] {(byte) 0xC0, (byte) 0x80})).isFalse();
    assertThat(accepts(bytes, new byte[] {(byte) 0xED, (byte) 0xA0, (byte) 0x80})).isFalse();
    assertThat(accepts(bytes, new byte[] {(byte) 0xF4, (byte) 0x90, (byte) 0x80, (byte) 0x80}))
        .isFalse();
    assertThat(accepts(bytes, new byte[] {(byte) 0xE6, (byte) 0x97})).isFalse();
  }

  @Test
  void stringsEscapeWhatTheyMustAndNothingElse() {
    var bytes = ByteForm.jsonString(CharacterAutomaton.EVERYTHING);

    for (var accepted :
        new String[] {"\"\"", "\"a/é😀\"", "\"\\\"\\\\\"", "\"\\n\\t\\u0001\\u001f\\u001F\""}) {
      assertThat(accepts(bytes, accepted.getBytes(StandardCharsets.UTF_8))).as(accepted).isTrue();
    }
    for (var refused : new String[] {"", "\"", "a", "\"\n\"", "\"\\/\"", "\"\\u0061\"", "\"\"\""}) {
      assertThat(accepts(bytes, refused.getBytes(StandardCharsets.UTF_8))).as(refused).isFalse();
    }
  }

  private static int character(Random random) {
    int border = BORDERS[random.nextInt(BORDERS.length)] + random.nextInt(-70, 70);
    int within = Math.clamp(border, 0, Character.MAX_CODE_POINT);
    return within >= 0xD800 && within < 0xE000 ? 0xE000 : within;
  }

  private static boolean accepts(ByteAutomaton automaton, byte[] text) {
    int state = 0;
    for (byte value : text) {
      state = automaton.next(state, value & 0xFF);
      if (state == ByteAutomaton.NOWHERE) {
        return false;
      }
    }
    return automaton.accepts(state);
  }
}
