package platform.deepseek.inference.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

class PtxTest {

  @Test
  void parametersOfEveryEntryAreCounted() {
    String ptx =
        """
        .version 8.1
        .visible .entry scale(
        	.param .u64 scale_param_0,
        	.param .u64 .ptr .global .align 4 scale_param_1,
        	.param .f64 scale_param_2
        )
        .maxntid 256, 1, 1
        {
        	ret;
        }
        .visible .entry empty()
        {
        	ret;
        }
        """;
    assertThat(Ptx.parameters(ptx)).isEqualTo(Map.of("scale", 3, "empty", 0));
  }

  @Test
  void aNarrowParameterIsRefused() {
    assertThatThrownBy(
            () -> Ptx.parameters(".entry add(.param .u64 add_param_0, .param .u32 add_param_1)"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "kernel add: parameter 1 is '.u32 add_param_1'; declare pointers, long long and double"
                + " only");
  }

  @Test
  void aKernelThatWaitsForTheOneBeforeItMayOverlapIt() {
    String ptx =
        """
        .entry first() { ret; }
        .entry second() { griddepcontrol.wait; ret; }
        .entry third() { ret; }
        .entry fourth() { griddepcontrol.launch_dependents; griddepcontrol.wait; ret; }
        """;
    assertThat(Ptx.overlapping(ptx)).containsExactlyInAnyOrder("second", "fourth");
    assertThat(Ptx.overlapping("")).isEmpty();
  }
}
