package platform.deepseek.inference.kv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SlotPoolTest {
  private static final int BLOCK = 4;

  private final List<String> commands = new ArrayList<>();
  private final SlotMemory memory =
      new SlotMemory() {
        @Override
        public void copyPrefix(int fromSlot, int toSlot, int tokens) {
          commands.add("copy %d>%d %d".formatted(fromSlot, toSlot, tokens));
        }

        @Override
        public void trim(int slot, int tokens) {
          commands.add("trim %d to %d".formatted(slot, tokens));
        }
      };
  private SlotPool pool = pool(3, 12);

  private SlotPool pool(int slots, int capacityBlocks) {
    return new SlotPool(new PoolConfig(slots, 32, BLOCK, capacityBlocks, true), memory);
  }

  @AfterEach
  void booksAgree() {
    pool.checkIntegrity();
  }

  @Test
  void questionChangesNothing() {
    HashedTokens tokens = tokens(1, 9);

    Optional<Placement> first = pool.place(tokens, 8);

    assertThat(first).contains(new Placement(0, 0, -1, List.of(), 9));
    assertThat(pool.place(tokens, 8)).isEqualTo(first);
    assertThat(pool.stats()).isEqualTo(new PoolStats(0, 0, 12));
  }

  @Test
  void blocksAreCountedRoundedUp() {
    run(tokens(1, 9));

    assertThat(pool.stats()).isEqualTo(new PoolStats(3, 0, 12));
    pool.release(0);
    assertThat(pool.stats()).isEqualTo(new PoolStats(0, 3, 12));
  }

  @Test
  void freeRoomIsWhatNobodyHasToGiveUp() {
    pool = pool(2, 7);
    int a = run(tokens(1, 9));
    assertThat(pool.freeRoom(a)).isEqualTo(28);
    int b = run(tokens(2, 8));
    assertThat(pool.freeRoom(a)).isEqualTo(20);
    pool.release(b);

    assertThat(pool.freeRoom(a)).as("a kept prefix is no free room").isEqualTo(20);
    assertThat(pool.tryExtend(a, 20)).isTrue();
    assertThat(pool.stats()).isEqualTo(new PoolStats(5, 2, 7));
    pool = pool(2, 100);
    assertThat(pool.freeRoom(run(tokens(1, 9)))).as("of the context").isEqualTo(32);
  }

  @Test
  void retractedRoomIsFreeAgain() {
    int a = run(tokens(1, 9));
    pool.tryExtend(a, 20);
    commands.clear();

    pool.retract(a, 10);
    assertThat(pool.stats()).isEqualTo(new PoolStats(3, 0, 12));
    assertThat(commands).containsExactly("trim 0 to 10");
    pool.retract(a, 32);
    pool.retract(a, 1);
    assertThat(pool.stats()).as("what is computed stays").isEqualTo(new PoolStats(3, 0, 12));
  }

  @Test
  void slotGrowsUntilTheMemoryIsFull() {
    pool = pool(2, 5);
    int a = run(tokens(1, 8));
    int b = run(tokens(2, 8));

    assertThat(pool.tryExtend(a, 12)).isTrue();
    assertThat(pool.tryExtend(b, 9)).isFalse();
    assertThat(pool.tryExtend(a, 11)).isTrue();
    assertThat(pool.stats()).isEqualTo(new PoolStats(5, 0, 5));
    pool.release(a);
    assertThat(pool.stats()).isEqualTo(new PoolStats(2, 2, 5));
    assertThat(pool.tryExtend(b, 16)).isTrue();
    assertThat(pool.stats()).isEqualTo(new PoolStats(4, 0, 5));
    assertThat(commands).containsExactly("trim 0 to 8", "trim 0 to 0");
  }

  @Test
  void placeIsDeniedWhenOnlyRunningSlotsAreLeft() {
    run(tokens(1, 8));
    run(tokens(2, 8));
    run(tokens(3, 8));

    assertThat(pool.place(tokens(4, 1), 0)).isEmpty();
  }

  @Test
  void placeIsDeniedWhenRunningSlotsFillTheMemory() {
    pool = pool(3, 5);
    run(tokens(1, 16));

    assertThat(pool.place(tokens(2, 5), 4)).isEmpty();
    assertThat(pool.place(tokens(2, 4), 3)).isPresent();
  }

  @Test
  void conversationTakesItsSlotOver() {
    HashedTokens first = tokens(1, 10);
    pool.release(run(first));

    Placement placement = pool.place(extended(first, 6), 15).orElseThrow();

    assertThat(placement).isEqualTo(new Placement(0, 8, 0, List.of(), 16));
    pool.take(placement, extended(first, 6));
    assertThat(commands).containsExactly("trim 0 to 8");
    assertThat(pool.stats()).isEqualTo(new PoolStats(4, 0, 12));
  }

  @Test
  void sharedPrefixIsCopiedAndStaysForOthers() {
    HashedTokens first = tokens(1, 16);
    pool.release(run(first));
    HashedTokens other = branched(first, 8, 5);

    Placement placement = pool.place(other, 12).orElseThrow();
    pool.take(placement, other);

    assertThat(placement).isEqualTo(new Placement(1, 8, 0, List.of(), 13));
    assertThat(commands).containsExactly("copy 0>1 8");
    assertThat(pool.stats()).isEqualTo(new PoolStats(4, 4, 12));
  }

  @Test
  void prefixOfARunningSlotIsCopied() {
    HashedTokens first = tokens(1, 16);
    int slot = pool.place(first, 15).orElseThrow().slot();
    pool.take(pool.place(first, 15).orElseThrow(), first);
    pool.computed(slot, 9);

    Placement placement = pool.place(branched(first, 16, 3), 18).orElseThrow();

    assertThat(placement).isEqualTo(new Placement(1, 8, 0, List.of(), 19));
  }

  @Test
  void idleSourceIsTakenOverWhenNoOtherSlotIsLeft() {
    HashedTokens first = tokens(1, 16);
    int a = run(first);
    run(tokens(2, 4));
    run(tokens(3, 4));
    pool.release(a);
    HashedTokens other = branched(first, 8, 5);

    Placement placement = pool.place(other, 12).orElseThrow();
    pool.take(placement, other);

    assertThat(placement).isEqualTo(new Placement(0, 8, 0, List.of(), 13));
    assertThat(commands).containsExactly("trim 0 to 8");
  }

  @Test
  void idleSourceIsTakenOverWhenThereIsNoRoomForACopy() {
    pool = pool(3, 6);
    HashedTokens first = tokens(1, 16);
    pool.release(run(first));

    assertThat(pool.place(branched(first, 8, 5), 12))
        .contains(new Placement(0, 8, 0, List.of(), 13));
  }

  @Test
  void leastRecentlyUsedContentIsEvictedFirst() {
    for (int name = 1; name <= 3; name++) {
      run(tokens(name, 8));
    }
    pool.release(2);
    pool.release(0);
    pool.release(1);

    assertThat(pool.place(tokens(4, 8), 7).orElseThrow().slot()).isEqualTo(2);
    assertThat(pool.place(tokens(4, 32), 31).orElseThrow().evicted()).isEmpty();
  }

  @Test
  void matchedContentIsUsedContent() {
    for (int name = 1; name <= 3; name++) {
      pool.release(run(tokens(name, 8)));
    }
    HashedTokens other = branched(tokens(1, 8), 4, 3);
    pool.take(pool.place(other, 6).orElseThrow(), other); // copies from 0, evicts 1

    assertThat(pool.place(tokens(9, 8), 7).orElseThrow().slot()).isEqualTo(2);
  }

  @Test
  void asManyAreEvictedAsMakeRoom() {
    pool = pool(4, 8);
    for (int name = 1; name <= 4; name++) {
      pool.release(run(tokens(name, 8)));
    }
    HashedTokens big = tokens(9, 20);

    Placement placement = pool.place(big, 19).orElseThrow();
    pool.take(placement, big);

    // Slot 0 is the oldest and gets it (2 blocks of its own), 1 and 2 must go, 3 may stay.
    assertThat(placement).isEqualTo(new Placement(0, 0, -1, List.of(1, 2), 20));
    assertThat(pool.stats()).isEqualTo(new PoolStats(5, 2, 8));
  }

  @Test
  void discardedContentIsNeverMatched() {
    HashedTokens first = tokens(1, 16);
    pool.discard(run(first));

    assertThat(pool.place(first, 15).orElseThrow().reused()).isZero();
    assertThat(pool.stats()).isEqualTo(new PoolStats(0, 0, 12));
  }

  @Test
  void lastTokenIsNeverReused() {
    HashedTokens first = tokens(1, 8);
    pool.release(run(first));

    assertThat(pool.place(first, 99).orElseThrow().reused()).isEqualTo(4);
  }

  @Test
  void contentWithoutAFullBlockIsNotKept() {
    pool.release(run(tokens(1, 3)));

    assertThat(pool.stats()).isEqualTo(new PoolStats(0, 0, 12));
  }

  @Test
  void saltSeparatesEqualTokens() {
    int[] same = IntStream.range(0, 16).toArray();
    pool.release(run(new HashedTokens("alice", BLOCK, same)));

    assertThat(pool.place(new HashedTokens("bob", BLOCK, same), 15).orElseThrow().reused())
        .isZero();
    assertThat(pool.place(new HashedTokens("alice", BLOCK, same), 15).orElseThrow().reused())
        .isEqualTo(12);
  }

  @Test
  void equalHashesOfOtherTokensAreNotBelieved() {
    HashedTokens honest = tokens(1, 16);
    HashedTokens other = tokens(2, 16);

    assertThat(honest.startsLike(other, 4)).isFalse();
    assertThat(honest.startsLike(tokens(1, 12), 12)).isTrue();
    assertThat(honest.startsLike(tokens(1, 12), 13)).isFalse();
  }

  @Test
  void failedCopyLeavesTheBooksRight() {
    SlotMemory broken =
        new SlotMemory() {
          @Override
          public void copyPrefix(int fromSlot, int toSlot, int tokens) {
            throw new IllegalStateException("no copy");
          }

          @Override
          public void trim(int slot, int tokens) {}
        };
    pool = new SlotPool(new PoolConfig(2, 32, BLOCK, 16, true), broken);
    HashedTokens first = tokens(1, 16);
    pool.release(run(first));
    HashedTokens other = branched(first, 8, 5);

    assertThatThrownBy(() -> pool.take(pool.place(other, 12).orElseThrow(), other))
        .hasMessage("no copy");
    assertThat(pool.stats()).isEqualTo(new PoolStats(0, 4, 16));
  }

  @Test
  void actsOnIdleSlotsAreMistakes() {
    assertThatThrownBy(() -> pool.release(0)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> pool.tryExtend(0, 4)).isInstanceOf(IllegalStateException.class);
    int slot = run(tokens(1, 8));
    assertThatThrownBy(() -> pool.computed(slot, 9)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> pool.tryExtend(slot, 33)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void randomUseKeepsTheBooksRight() {
    for (int seed = 0; seed < 20; seed++) {
      pool = pool(5, 14);
      var random = new Random(seed);
      var running = new ArrayList<Integer>();
      for (int i = 0; i < 500; i++) {
        if (running.isEmpty() || random.nextInt(3) == 0) {
          HashedTokens tokens = tokens(random.nextInt(4), 1 + random.nextInt(32));
          pool.place(tokens, tokens.length())
              .ifPresent(
                  placement -> {
                    pool.take(placement, tokens);
                    pool.computed(placement.slot(), tokens.length());
                    running.add(placement.slot());
                  });
        } else {
          int slot = running.remove(random.nextInt(running.size()));
          if (random.nextInt(8) == 0) {
            pool.discard(slot);
          } else {
            pool.release(slot);
          }
        }
        pool.checkIntegrity();
      }
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
    return new HashedTokens("salt", BLOCK, ids(name, length));
  }

  private static int[] ids(int name, int length) {
    return new Random(name).ints(length, 0, 1000).toArray();
  }

  private static HashedTokens extended(HashedTokens tokens, int more) {
    return branched(tokens, tokens.length(), more);
  }

  /** The first {@code kept} tokens and {@code more} others. */
  private static HashedTokens branched(HashedTokens tokens, int kept, int more) {
    int[] ids = new int[kept + more];
    tokens.copy(0, kept, ids, 0);
    Arrays.fill(ids, kept, ids.length, 1001);
    return new HashedTokens("salt", BLOCK, ids);
  }
}
