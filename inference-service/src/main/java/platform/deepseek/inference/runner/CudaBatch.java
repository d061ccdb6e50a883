package platform.deepseek.inference.runner;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import platform.deepseek.inference.cuda.Device;

/**
 * What the kernels of a run know of its rows, in one stretch of device memory that goes there in
 * one copy: for every row its token, slot and position, the rows whose logits are wanted and those
 * whose hidden states are, and the tiles of attention. Single tokens come first, pieces of prompts
 * behind them.
 *
 * <p>The addresses never change, so a captured graph finds the rows of the moment there. The host's
 * side is double: the copy of one step may still wait while the next one is written.
 */
final class CudaBatch implements AutoCloseable {

  /** Instead of a token: the one that the slot's step before sampled, which the device knows. */
  static final int PENDING = -1;

  // The sections, in their order.
  private static final int IDS = 0;
  private static final int SLOTS = 1;
  private static final int POSITIONS = 2;
  private static final int WANTED = 3;
  private static final int HIDDEN = 4;
  private static final int SECTIONS = 5;
  private static final int STEPS_IN_FLIGHT = 2;

  private final Device device;
  private final int capacity;
  private final int maxTiles;
  private final long address;
  private final MemorySegment[] staging = new MemorySegment[STEPS_IN_FLIGHT];
  private int turn;
  private MemorySegment host;
  private int rows;
  private int singles;
  private int wanted;
  private int hidden;
  private int tiles;
  private boolean fineTiles;

  /**
   * @param arena holds the host's side
   * @param capacity rows of a run at most
   * @param maxTiles of its prompts' attention at most
   */
  CudaBatch(Arena arena, Device device, int capacity, int maxTiles) {
    this.device = device;
    this.capacity = capacity;
    this.maxTiles = maxTiles;
    long bytes = bytes(capacity, maxTiles);
    for (int i = 0; i < staging.length; i++) {
      staging[i] = device.pinned(arena, bytes);
    }
    host = staging[0];
    address = device.allocate(bytes);
  }

  /** Bytes of the device that a batch of this size takes. */
  static long bytes(long capacity, long maxTiles) {
    return SECTIONS * capacity * Integer.BYTES + PromptTile.BYTES * maxTiles;
  }

  /** Begins the rows of the next run. */
  void begin() {
    turn = (turn + 1) % staging.length;
    host = staging[turn];
    rows = 0;
    singles = 0;
    wanted = 0;
    hidden = 0;
    tiles = 0;
    // A run reads one wish even where nobody has any.
    set(WANTED, 0, 0);
  }

  /** Adds a row and returns its number. */
  int row(int token, int slot, int position) {
    if (rows == capacity) {
      throw new IllegalStateException("a run of more than %,d rows".formatted(capacity));
    }
    set(IDS, rows, token);
    set(SLOTS, rows, slot);
    set(POSITIONS, rows, position);
    return rows++;
  }

  /** All rows so far are single tokens of their slots; prompts follow. */
  void endSingles() {
    singles = rows;
  }

  /** Asks for the logits of a row; returns their place in the output. */
  int want(int row) {
    set(WANTED, wanted, row);
    return wanted++;
  }

  /** Asks for the hidden state of a row; returns its place. */
  int wantHidden(int row) {
    set(HIDDEN, hidden, row);
    return hidden++;
  }

  /**
   * Sets the tiles of the prompts' attention.
   *
   * @param fine which of the kernel's two sizes they have
   */
  void tiles(List<PromptTile> all, boolean fine) {
    if (all.size() > maxTiles) {
      throw new IllegalStateException(
          "a run of %,d tiles, there is room for %,d".formatted(all.size(), maxTiles));
    }
    MemorySegment target = host.asSlice((long) SECTIONS * capacity * Integer.BYTES);
    for (PromptTile tile : all) {
      tile.write(target, tiles++);
    }
    fineTiles = fine;
  }

  private void set(int section, int index, int value) {
    host.setAtIndex(ValueLayout.JAVA_INT, (long) section * capacity + index, value);
  }

  /** Queues the copy of everything to the device. */
  void upload() {
    long bytes = (long) SECTIONS * capacity * Integer.BYTES + (long) PromptTile.BYTES * tiles;
    device.upload(address, host.asSlice(0, bytes));
  }

  int rows() {
    return rows;
  }

  /** Rows that are single tokens: those before all others. */
  int singles() {
    return singles;
  }

  int wanted() {
    return wanted;
  }

  int hidden() {
    return hidden;
  }

  int tileCount() {
    return tiles;
  }

  boolean fineTiles() {
    return fineTiles;
  }

  long idsAddress() {
    return section(IDS);
  }

  long slotsAddress() {
    return section(SLOTS);
  }

  long positionsAddress() {
    return section(POSITIONS);
  }

  long wantedAddress() {
    return section(WANTED);
  }

  long hiddenAddress() {
    return section(HIDDEN);
  }

  long tilesAddress() {
    return section(SECTIONS);
  }

  private long section(int section) {
    return address + (long) Integer.BYTES * section * capacity;
  }

  @Override
  public void close() {
    device.free(address);
  }
}
