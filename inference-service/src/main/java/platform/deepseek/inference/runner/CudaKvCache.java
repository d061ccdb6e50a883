package platform.deepseek.inference.runner;

import java.util.ArrayList;
import java.util.List;
import platform.deepseek.inference.cuda.Device;
import platform.deepseek.inference.model.ModelConfig;

/**
 * Keys and values of all slots on the device: for each layer one buffer of each, [slots, kvHeads,
 * positions, headDim], so that neighbouring slots are a batch of attention as they lie. All memory
 * is there from the start.
 */
final class CudaKvCache implements AutoCloseable {

  /** Rows of a power of two keep every head's beginning aligned. */
  private static final int POSITIONS_MULTIPLE = 16;

  private final Device device;
  private final ModelConfig config;
  private final int slots;
  private final int positions;
  private final long headBytes;
  private final List<Long> keys = new ArrayList<>();
  private final List<Long> values = new ArrayList<>();

  CudaKvCache(Device device, ModelConfig config, CudaPrecision precision, int slots, int context) {
    this.device = device;
    this.config = config;
    this.slots = slots;
    this.positions = positions(context);
    this.headBytes = (long) positions * config.headDim() * precision.bytes();
    try {
      for (int layer = 0; layer < config.layers(); layer++) {
        keys.add(buffer());
        values.add(buffer());
      }
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /** Room of a slot: one more than a sequence can have, for what an idle row writes. */
  static int positions(int context) {
    return Math.ceilDiv(context + 1, POSITIONS_MULTIPLE) * POSITIONS_MULTIPLE;
  }

  /** Bytes that so many slots take. */
  static long bytes(ModelConfig config, CudaPrecision precision, int slots, int context) {
    return 2L
        * config.layers()
        * slots
        * config.kvHeads()
        * positions(context)
        * config.headDim()
        * precision.bytes();
  }

  /** Undefined memory may hold NaN, and a masked NaN still is one. */
  private long buffer() {
    long address = device.allocate(slots * slotBytes());
    device.clear(address, slots * slotBytes());
    return address;
  }

  int positions() {
    return positions;
  }

  /** Where a slot's keys begin. */
  long keys(int layer, int slot) {
    return keys.get(layer) + slot * slotBytes();
  }

  /** Where a slot's values begin. */
  long values(int layer, int slot) {
    return values.get(layer) + slot * slotBytes();
  }

  /** Queues copies of positions [0, tokens) from one slot to another. */
  void copyPrefix(int from, int to, int tokens) {
    long bytes = headBytes / positions * tokens;
    for (int layer = 0; layer < config.layers(); layer++) {
      for (int head = 0; head < config.kvHeads(); head++) {
        long at = head * headBytes;
        device.copy(keys(layer, to) + at, keys(layer, from) + at, bytes);
        device.copy(values(layer, to) + at, values(layer, from) + at, bytes);
      }
    }
  }

  private long slotBytes() {
    return config.kvHeads() * headBytes;
  }

  @Override
  public void close() {
    keys.forEach(device::free);
    values.forEach(device::free);
  }
}
