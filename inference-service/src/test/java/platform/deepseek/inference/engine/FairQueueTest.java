package platform.deepseek.inference.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Whose turn it is, without an engine: a request is its name, and its tenant's is its beginning.
 */
class FairQueueTest {

  private final FairQueue<String> queue = new FairQueue<>();

  private static Share share(String tenant) {
    return new Share(tenant, 5, 1);
  }

  private List<String> takeAll() {
    List<String> taken = new ArrayList<>();
    while (!queue.isEmpty()) {
      String next = queue.peek();
      assertThat(queue.take()).isEqualTo(next);
      taken.add(next);
    }
    assertThat(queue.take()).isNull();
    return taken;
  }

  @Test
  void oneTenantIsServedInTheOrderOfArrival() {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      names.add("a" + i);
      queue.add("a" + i, Share.EQUAL);
    }
    assertThat(queue.all()).isEqualTo(names);
    assertThat(takeAll()).isEqualTo(names);
  }

  @Test
  void aBetterPriorityGoesFirst() {
    queue.add("late", new Share("x", 9, 1));
    queue.add("usual", new Share("y", 5, 1));
    queue.add("first", new Share("z", 0, 1));
    assertThat(takeAll()).containsExactly("first", "usual", "late");
  }

  @Test
  void whoLostAPlaceComesBackBeforeEverybody() {
    queue.add("first", new Share("z", 0, 1));
    queue.addFirst("younger");
    queue.addFirst("older");
    assertThat(queue.all()).containsExactly("older", "younger", "first");
    assertThat(takeAll()).containsExactly("older", "younger", "first");
  }

  @Test
  void aTenantWithManyRequestsDoesNotPushOutOneWithFew() {
    for (int i = 0; i < 10; i++) {
      queue.add("a" + i, share("a"));
    }
    queue.charge(share("a"), 100);
    queue.add("b0", share("b"));
    queue.add("b1", share("b"));
    List<String> taken = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      String next = queue.take();
      queue.charge(share(next.substring(0, 1)), 60);
      taken.add(next);
    }
    assertThat(taken)
        .containsExactly("a0", "b0", "a1", "b1"); // of those with the same, who came first
  }

  @Test
  void silenceEarnsNoCredit() {
    queue.add("a0", share("a"));
    queue.take();
    queue.charge(share("a"), 1_000_000);
    queue.add("a1", share("a"));
    queue.add("b0", share("b")); // it was away while a got a million, and both wait now
    queue.add("b1", share("b"));
    queue.add("b2", share("b"));
    assertThat(queue.take()).isEqualTo("a1");
    queue.charge(share("a"), 10);
    assertThat(queue.take()).isEqualTo("b0");
    queue.charge(share("b"), 20);
    queue.add("a2", share("a"));
    assertThat(queue.take()).isEqualTo("b1"); // both have the same now, and it came first
    queue.charge(share("b"), 20);
    assertThat(queue.take()).isEqualTo("a2");
  }

  @Test
  void whoIsTakenBackWaitsNoMore() {
    queue.add("a0", share("a"));
    queue.add("a1", share("a"));
    queue.addFirst("a2");
    assertThat(queue.remove("a0")).isTrue();
    assertThat(queue.remove("a0")).isFalse();
    assertThat(queue.remove("a2")).isTrue();
    assertThat(queue.contains("a1")).isTrue();
    assertThat(queue.size()).isEqualTo(1);
    assertThat(takeAll()).containsExactly("a1");
  }

  /** However many of the best priority come, the last one is served within a bound. */
  @Test
  void nobodyStarves() {
    queue.add("patient", new Share("patient", Share.LOWEST, 1));
    for (int i = 0; i < 3; i++) {
      queue.add("vip" + i, new Share("vip", 0, 1));
    }
    int turns = 1;
    while (!queue.take().equals("patient")) {
      queue.charge(new Share("vip", 0, 1), 1);
      queue.add("more" + turns, new Share("vip", 0, 1));
      turns++;
    }
    assertThat(turns).isLessThanOrEqualTo(FairQueue.OLDEST_EVERY);
  }

  /** All of them always have something waiting; requests differ by a factor of a thousand. */
  @Test
  void tokensAreSharedByWeight() {
    Random random = new Random(7);
    Map<String, Integer> weights = Map.of("a", 1, "b", 2, "c", 5);
    Map<String, Long> got = new HashMap<>();
    int arrivals = 0;
    for (String tenant : List.of("a", "b", "c", "a", "b", "c")) {
      queue.add(tenant + arrivals++, new Share(tenant, 5, weights.get(tenant)));
    }
    for (int i = 0; i < 25_000; i++) {
      String tenant = queue.take().substring(0, 1);
      Share share = new Share(tenant, 5, weights.get(tenant));
      long tokens = (long) Math.pow(10, 3 * random.nextDouble());
      got.merge(tenant, tokens, Long::sum);
      queue.charge(share, tokens);
      queue.add(tenant + arrivals++, share);
    }
    double all = got.values().stream().mapToLong(Long::longValue).sum();
    // One turn in sixteen belongs to the oldest, whoever that is.
    assertThat(got.get("a") / all).isCloseTo(1 / 8.0, within(0.03));
    assertThat(got.get("b") / all).isCloseTo(2 / 8.0, within(0.03));
    assertThat(got.get("c") / all).isCloseTo(5 / 8.0, within(0.05));
  }

  /** One of them has a thousand requests waiting before the other comes with one. */
  @Test
  void aColleaguesFloodIsInNobodysWay() {
    Share flood = new Share("acme", 5, 1, "batch", 1);
    for (int i = 0; i < 1_000; i++) {
      queue.add("batch" + i, flood);
    }
    assertThat(queue.take()).isEqualTo("batch0");
    queue.charge(flood, 100);
    queue.add("ann", new Share("acme", 5, 1, "ann", 1));
    assertThat(queue.take()).isEqualTo("batch1"); // both have the same, and it came first
    queue.charge(flood, 100);
    assertThat(queue.take()).isEqualTo("ann");
  }

  /** Weights of holders divide the tenant's part and take nothing from another tenant. */
  @Test
  void aTenantsPartIsSharedByTheWeightsOfItsHolders() {
    Random random = new Random(11);
    Map<String, Share> shares =
        Map.of(
            "a", new Share("acme", 5, 10, "ann", 30),
            "b", new Share("acme", 5, 10, "bob", 10),
            "z", new Share("zoo", 5, 10, "zoe", 1));
    Map<String, Long> got = new HashMap<>();
    int arrivals = 0;
    for (int i = 0; i < 2; i++) {
      for (String name : List.of("a", "b", "z")) {
        queue.add(name + arrivals++, shares.get(name));
      }
    }
    for (int i = 0; i < 25_000; i++) {
      String name = queue.take().substring(0, 1);
      long tokens = (long) Math.pow(10, 3 * random.nextDouble());
      got.merge(name, tokens, Long::sum);
      queue.charge(shares.get(name), tokens);
      queue.add(name + arrivals++, shares.get(name));
    }
    double all = got.values().stream().mapToLong(Long::longValue).sum();
    assertThat(got.get("z") / all).isCloseTo(1 / 2.0, within(0.04));
    assertThat(got.get("a") / all).isCloseTo(3 / 8.0, within(0.04));
    assertThat(got.get("b") / all).isCloseTo(1 / 8.0, within(0.04));
  }

  @Test
  void tenantsThatAreGoneAreForgotten() {
    for (int i = 0; i < 20_000; i++) {
      Share share = share("tenant" + i);
      queue.add("request", share);
      queue.take();
      queue.charge(share, 5);
    }
    queue.add("last", share("last"));
    assertThat(takeAll()).containsExactly("last");
  }

  @Test
  void whoIsNamedIsTakenThoughAnotherHasBecomeReadyBeforeIt() {
    queue.add("first", Share.EQUAL);
    queue.add("second", Share.EQUAL);
    queue.addFirst("returned");
    String named = queue.peek(name -> name.equals("second"));
    queue.take(named);
    assertThat(queue.all()).containsExactly("returned", "first");

    queue.take(queue.peek());
    assertThat(takeAll()).containsExactly("first");
  }
}
