package platform.deepseek.inference.serving;

import java.time.Duration;
import platform.deepseek.inference.engine.ModelRunner;

/**
 * A runner with what the log and the fingerprint say of it.
 *
 * @param kvBlocks that all sequences may fill; 0: as many as the slots hold
 * @param numbers precision, and the device where that is not the processor
 * @param place what computes
 * @param targetStep how long its steps take at best while answers run; zero: as long as they like
 */
record LoadedRunner(
    ModelRunner runner, int kvBlocks, String numbers, String place, Duration targetStep) {}
