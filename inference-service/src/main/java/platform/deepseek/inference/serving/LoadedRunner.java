package platform.deepseek.inference.serving;

import platform.deepseek.inference.engine.ModelRunner;

/**
 * A runner with what the log and the fingerprint say of it.
 *
 * @param kvBlocks that all sequences may fill; 0: as many as the slots hold
 * @param numbers precision, and the device where that is not the processor
 * @param place what computes
 */
record LoadedRunner(ModelRunner runner, int kvBlocks, String numbers, String place) {}
