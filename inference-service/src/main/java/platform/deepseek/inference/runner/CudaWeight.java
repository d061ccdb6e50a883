package platform.deepseek.inference.runner;

import java.util.List;
import platform.deepseek.inference.model.WeightRole;

/**
 * An input of the graph that holds weights: tensors of these roles, one below the other.
 *
 * @param layer 0 for roles that are not per layer
 * @param shape [outputs, inputs] of a matrix, [outputs] of a norm or bias
 */
record CudaWeight(String name, int layer, List<WeightRole> roles, List<Long> shape) {

  long elements() {
    return shape.stream().reduce(1L, Math::multiplyExact);
  }

  long[] dimensions() {
    return shape.stream().mapToLong(Long::longValue).toArray();
  }
}
