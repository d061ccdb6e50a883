package platform.deepseek.inference.runner;

import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import platform.deepseek.inference.cuda.Device;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.model.ModelWeights;
import platform.deepseek.inference.model.WeightRole;

/** A model's weights on the device, in one allocation. */
final class CudaWeights implements AutoCloseable {

  private static final long ALIGNMENT = 256;

  private final Device device;
  private final long base;
  private final long bytes;
  private final Map<CudaWeight, Long> addresses = new LinkedHashMap<>();
  private final Map<Long, CudaWeight> at = new HashMap<>();
  private final Map<WeightRole, Map<Integer, Long>> parts = new EnumMap<>(WeightRole.class);
  private LoadSpeed speed;

  private CudaWeights(Device device, List<CudaWeight> weights, ModelConfig config) {
    this.device = device;
    this.bytes = bytes(weights);
    this.base = device.allocate(bytes);
    long address = base;
    for (CudaWeight weight : weights) {
      addresses.put(weight, address);
      at.put(address, weight);
      long part = address;
      for (WeightRole role : weight.roles()) {
        parts.computeIfAbsent(role, r -> new LinkedHashMap<>()).put(weight.layer(), part);
        long elements = 1;
        for (long dimension : role.shape(config)) {
          elements *= dimension;
        }
        part += weight.numberBytes(elements);
      }
      address += aligned(weight.bytes());
    }
  }

  /**
   * Uploads everything and waits for it.
   *
   * @param uploaded told the number of weights that are on their way, by one thread at a time
   */
  static CudaWeights upload(
      Device device, List<CudaWeight> list, ModelWeights weights, IntConsumer uploaded) {
    CudaWeights all = new CudaWeights(device, list, weights.config());
    try {
      all.speed = new WeightUpload(device, weights, all, uploaded).run();
    } catch (RuntimeException | Error e) {
      all.close();
      throw e;
    }
    return all;
  }

  /** Bytes that weights take on the device. */
  static long bytes(List<CudaWeight> weights) {
    return weights.stream().mapToLong(weight -> aligned(weight.bytes())).sum();
  }

  /** Where each weight lies. */
  Map<CudaWeight, Long> addresses() {
    return addresses;
  }

  /**
   * Where a tensor lies. The head of a model that has none of its own is the embedding.
   *
   * @param layer 0 for roles that are not per layer
   * @return 0 if the model has no such tensor, which is what kernels take for "none"
   */
  long address(WeightRole role, int layer) {
    WeightRole there =
        role == WeightRole.HEAD && !parts.containsKey(role) ? WeightRole.EMBEDDING : role;
    return parts.getOrDefault(there, Map.of()).getOrDefault(layer, 0L);
  }

  /**
   * The matrix that begins with a tensor.
   *
   * @param first its first role; the head of a model that has none of its own is the embedding
   * @param layer 0 for roles that are not per layer
   */
  DeviceMatrix matrix(WeightRole first, int layer) {
    long address = address(first, layer);
    return at.get(address).matrix(address);
  }

  long bytes() {
    return bytes;
  }

  /** How fast they came. */
  LoadSpeed speed() {
    return speed;
  }

  private static long aligned(long bytes) {
    return Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT;
  }

  @Override
  public void close() {
    device.free(base);
  }
}
