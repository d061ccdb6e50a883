package platform.deepseek.inference.kv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Memory that copies and trims only when it likes: the pool's books are right all the same. */
class SlotPoolFailureTest {
  private static final int SLOTS = 4;
  private static final int BLOCK = 4;

  /** What it was asked and did, or why it did not. */
  private static final class UnwillingMemory implements SlotMemory {
    private final List<String> trims = new ArrayList<>();
    private Random moods = new Random(0);
    private double refusals;

    void refuse(double refusals, long seed) {
      this.refusals = refusals;
      this.moods = new Random(seed);
    }

    @Override
    public void copyPrefix(int fromSlot, int toSlot, int tokens) {
      perhapsRefuse("no copy");
    }

    @Override
    public void trim(int slot, int tokens) {
      perhapsRefuse("no trim");
      trims.add("trim %d to %d".formatted(slot, tokens));
    }

    private void perhapsRefuse(String words) {
      if (moods.nextDouble() < refusals) {
        throw new IllegalStateException(words);
      }
    }
  }

  private final UnwillingMemory memory = new UnwillingMemory();
  private final SlotPool pool = new SlotPool(new PoolConfig(SLOTS, 32, BLOCK, 14, true), memory);

  @AfterEach
  void booksAgree() {
    pool.checkIntegrity();
  }

  @Test
  void slotThatIsGivenBackIsFreeThoughItsMemoryStays() {
    List<Integer> slots = new ArrayList<>();
    for (int name = 0; name < SLOTS; name++) {
      slots.add(run(tokens(name, 3)));
    }
    memory.refuse(1, 0);
    assertThatThrownBy(() -> pool.release(slots.get(0))).hasMessage("no trim");
    assertThatThrownBy(() -> pool.discard(slots.get(1))).hasMessage("no trim");

    assertThat(pool.stats()).isEqualTo(new PoolStats(2, 0, 14));
    assertThat(pool.place(tokens(9, 3), 2)).isPresent();
  }

  @Test
  void contentThatNobodyTrustsIsForgottenThoughItsMemoryStays() {
    List<HashedTokens> prompts = new ArrayList<>();
    for (int name = 0; name < SLOTS; name++) {
      prompts.add(tokens(name, 8));
      pool.release(run(prompts.getLast()));
    }
    memory.refuse(1, 0);
    assertThatThrownBy(pool::evictCached).hasMessage("no trim");

    assertThat(prompts).allMatch(prompt -> pool.held(prompt, 8) == 0);
    assertThat(pool.stats()).isEqualTo(new PoolStats(0, 0, 14));
  }

  @Test
  void memoryThatWasNotGivenBackIsAskedForAgainWhenItIsShort() {
    int slot = run(tokens(1, 8));
    memory.refuse(1, 0);
    assertThatThrownBy(() -> pool.discard(slot)).hasMessage("no trim");
    memory.refuse(0, 0);
    memory.trims.clear();

    pool.evictCached();
    pool.evictCached();

    assertThat(memory.trims).containsExactly("trim %d to 0".formatted(slot));
  }

  @Test
  void placeThatCannotBeMadeIsNotTaken() {
    for (int name = 0; name < SLOTS; name++) {
      pool.release(run(tokens(name, 8)));
    }
    HashedTokens large = tokens(9, 32);
    memory.refuse(1, 0);
    assertThatThrownBy(() -> pool.take(pool.place(large, 0).orElseThrow(), large))
        .hasMessage("no trim");

    assertThat(pool.stats().running()).isZero();
    pool.checkIntegrity();
    memory.refuse(0, 0);
    assertThat(run(large)).isNotNegative();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void noSlotAndNoBlockIsEverLost(long seed) {
    var random = new Random(seed);
    var running = new ArrayList<Integer>();
    memory.refuse(0.4, seed);
    int refused = 0;
    for (int i = 0; i < 2_000; i++) {
      try {
        act(random, running);
      } catch (IllegalStateException refusal) {
        assertThat(refusal).message().isIn("no copy", "no trim");
        refused++;
      }
      pool.checkIntegrity();
    }
    memory.refuse(0, 0);
    running.forEach(pool::discard);
    pool.evictCached();

    assertThat(refused).isGreaterThan(50);
    assertThat(pool.stats()).isEqualTo(new PoolStats(0, 0, 14));
    for (int name = 0; name < SLOTS; name++) {
      run(tokens(name, 12));
    }
  }

  private void act(Random random, List<Integer> running) {
    switch (random.nextInt(running.isEmpty() ? 1 : 7)) {
      case 0 -> start(tokens(random.nextInt(4), 1 + random.nextInt(32)), running);
      case 1 -> pool.release(running.remove(random.nextInt(running.size())));
      case 2 -> pool.discard(running.remove(random.nextInt(running.size())));
      case 3 -> pool.evictCached();
      case 4 -> pool.retract(running.get(random.nextInt(running.size())), random.nextInt(33));
      default -> pool.tryExtend(running.get(random.nextInt(running.size())), random.nextInt(33));
    }
  }

  private void start(HashedTokens tokens, List<Integer> running) {
    Optional<Placement> placement = pool.place(tokens, tokens.length());
    if (placement.isPresent()) {
      pool.take(placement.get(), tokens);
      running.add(placement.get().slot());
      pool.computed(placement.get().slot(), tokens.length());
    }
  }

  /** Places, takes and computes; returns the slot. */
  private int run(HashedTokens tokens) {
    Placement placement = pool.place(tokens, tokens.length() - 1).orElseThrow();
    pool.take(placement, tokens);
    pool.computed(placement.slot(), tokens.length());
    return placement.slot();
  }

  private static HashedTokens tokens(int name, int length) {
    return new HashedTokens("salt", BLOCK, new Random(name).ints(length, 0, 1000).toArray());
  }
}
