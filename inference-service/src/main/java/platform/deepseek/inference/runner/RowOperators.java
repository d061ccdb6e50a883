package platform.deepseek.inference.runner;

import java.util.List;
import platform.deepseek.inference.ort.CustomOperator;

/** Operators of the GPU's graph that must know which rows a run has. */
interface RowOperators {

  /** Tells the rows of the next run. */
  void begin(CudaBatch batch);

  /** The operators, for the graph's domain. */
  List<CustomOperator> operators();
}
