package platform.deepseek.inference.cuda;

/** Reads one GPU's sensors; may be called by several threads at once. */
public interface GpuMonitor {

  /** As its maker calls it. */
  String name();

  /** The sensors now. Takes the driver up to some milliseconds. */
  GpuReading read();
}
