package platform.deepseek.inference.ops;

/**
 * The experts of one layer.
 *
 * @param router how a token's experts are chosen
 * @param routerWeights [experts, hidden]
 * @param gateUp of each expert the rows of its gate, then those of up; inputs are hidden
 * @param down of each expert hidden rows
 */
public record ExpertLayer(
    ExpertRouter router, FloatMatrix routerWeights, WeightMatrix gateUp, WeightMatrix down)
    implements AutoCloseable {

  int hidden() {
    return gateUp.inputs();
  }

  int intermediate() {
    return down.inputs();
  }

  @Override
  public void close() {
    routerWeights.close();
    gateUp.close();
    down.close();
  }
}
