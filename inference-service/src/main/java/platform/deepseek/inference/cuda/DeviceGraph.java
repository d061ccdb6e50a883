package platform.deepseek.inference.cuda;

/** Recorded work of a device, started as one. */
public interface DeviceGraph extends AutoCloseable {

  /** Queues all of it. */
  void launch();

  @Override
  void close();
}
