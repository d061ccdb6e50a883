package platform.deepseek.inference.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.engine.GenerationRequest;
import platform.deepseek.inference.engine.Sequence;
import platform.deepseek.inference.engine.Step;
import platform.deepseek.inference.sampling.SamplingParams;

class SlotRowsTest {

  private final SlotRows rows = new SlotRows(8);

  @Test
  void aRowIsASlotAndIdleRowsWriteBehindWhatTheirSlotsHold() {
    rows.holds(0, 40);
    rows.holds(3, 7);
    rows.holds(6, 100);

    SlotRows.Decode decode = rows.decode(List.of(entry(4, 5, 11), entry(1, 2, 12)));

    assertThat(decode.ids()).containsExactly(0, 12, 0, 0, 11);
    assertThat(decode.lengths()).containsExactly(40, 2, 0, 7, 5);
    assertThat(decode.rows()).containsExactly(4, 1);
    assertThat(decode.total()).isEqualTo(41);
  }

  @Test
  void aSlotGivenToAShorterSequenceHoldsWhatThatOneWrote() {
    rows.holds(0, 40);
    rows.holds(0, 3);

    assertThat(rows.decode(List.of(entry(1, 0, 9))).lengths()).containsExactly(3, 0);
  }

  @Test
  void anEntrysLengthIsItsOwnWhateverItsSlotHeld() {
    rows.holds(0, 40);

    assertThat(rows.decode(List.of(entry(0, 16, 9))).lengths()).containsExactly(16);
  }

  /** An entry for the one token at a position, everything before it computed. */
  private static Step.Entry entry(int slot, int position, int token) {
    int[] prompt = new int[position + 1];
    prompt[position] = token;
    Sequence sequence =
        new Sequence(
            new GenerationRequest(
                prompt, 1, SamplingParams.GREEDY, Set.of(), "", false, Duration.ofMinutes(1)),
            16);
    sequence.start(slot, position);
    return new Step.Entry(sequence, position, 1, true, false);
  }
}
