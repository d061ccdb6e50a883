package platform.deepseek.inference.runner;

import java.nio.file.Path;

/** The demo model as its file has it. */
class BatchIndependenceTest extends BatchIndependence {

  @Override
  Decoder open(Path folder) {
    return Decoder.open(Fixtures.demoModel(), Precision.AUTO, LIMITS);
  }
}
