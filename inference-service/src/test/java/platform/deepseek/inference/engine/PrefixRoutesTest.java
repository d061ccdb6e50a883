package platform.deepseek.inference.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static platform.deepseek.inference.engine.Requests.concat;
import static platform.deepseek.inference.engine.Requests.prompt;
import static platform.deepseek.inference.engine.Requests.request;

import org.junit.jupiter.api.Test;

class PrefixRoutesTest {
  private final PrefixRoutes routes = new PrefixRoutes(4);

  @Test
  void commonBlocksAreCountedForEachEngine() {
    routes.sent(request(prompt(1, 17), 1), 0);
    routes.sent(request(concat(prompt(1, 8), prompt(2, 8)), 1), 2);

    assertThat(routes.matches(request(concat(prompt(1, 17), 5, 6, 7), 1), 3))
        .containsExactly(4, 0, 2);
  }

  @Test
  void unfinishedBlocksAndOtherTenantsDoNotMatch() {
    routes.sent(request(prompt(1, 17), 1), 0);

    assertThat(routes.matches(request(prompt(1, 3), 1), 1)).containsExactly(0);
    assertThat(routes.matches(request(prompt(1, 17), 1, "another tenant"), 1)).containsExactly(0);
  }

  @Test
  void sameBlockBehindAnotherBeginningIsAnotherBlock() {
    routes.sent(request(concat(prompt(1, 4), prompt(2, 4)), 1), 0);

    assertThat(routes.matches(request(concat(prompt(3, 4), prompt(2, 4)), 1), 1))
        .containsExactly(0);
  }

  @Test
  void oldestAreForgotten() {
    routes.sent(request(prompt(1, 16), 1), 0);
    for (int i = 0; i < 1 << 14; i++) {
      routes.sent(request(new int[] {i, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4}, 1), 0);
    }

    assertThat(routes.matches(request(prompt(1, 16), 1), 1)).containsExactly(0);
  }
}
