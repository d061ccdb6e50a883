package platform.deepseek.operator.live;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;

/** A test on the cluster, with the operator that all share and a namespace of its own. */
abstract class LiveTest {

  final Bench bench = new Bench();

  @BeforeAll
  static void start() {
    RunningOperator.shared();
  }

  @AfterEach
  void close() {
    bench.close();
  }
}
