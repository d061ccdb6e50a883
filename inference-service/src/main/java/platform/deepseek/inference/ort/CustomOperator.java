package platform.deepseek.inference.ort;

import java.util.List;
import java.util.function.Function;

/**
 * An operator of our own for ONNX Runtime's graph.
 *
 * @param name the node's op type
 * @param inputs element types; the last {@code optionalInputs} of them may be absent in a node
 * @param outputs element types
 * @param kernels makes the kernel of a node from its attributes
 */
public record CustomOperator(
    String name,
    List<ElementType> inputs,
    int optionalInputs,
    List<ElementType> outputs,
    Function<KernelInfo, OperatorKernel> kernels) {}
