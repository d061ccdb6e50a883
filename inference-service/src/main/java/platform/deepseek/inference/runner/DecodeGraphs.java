package platform.deepseek.inference.runner;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntConsumer;
import platform.deepseek.inference.cuda.CudaException;
import platform.deepseek.inference.cuda.Device;
import platform.deepseek.inference.cuda.DeviceGraph;

/**
 * Decoding runs of one token a row, recorded once per size and replayed.
 *
 * <p>At batch 1 a run is some three hundred kernels of a few microseconds; started one by one they
 * take longer than they run. A recorded run is one call. A recording has its number of rows in it,
 * so there is one for each size of a ladder and a batch takes the next larger one; the rows that
 * are too many compute on a slot that nobody has. The first run of a size is not a recording but
 * the run itself: libraries set themselves up in it. All sizes are recorded at start; what was
 * given back under pressure is recorded anew when it comes.
 */
final class DecodeGraphs implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(DecodeGraphs.class.getName());

  private final Device device;
  private final int largest;
  private final Map<Integer, DeviceGraph> graphs = new TreeMap<>();
  private boolean recording = true;

  /**
   * @param largest rows of a run
   */
  DecodeGraphs(Device device, int largest) {
    this.device = device;
    this.largest = largest;
  }

  /** Rows that a run for so many sequences has. */
  int rows(int sequences) {
    return Math.min(largest, bucket(sequences));
  }

  /** 1, 2, 4, 8, then steps of an eighth of the size and 8 at least: at most a few rows idle. */
  private static int bucket(int sequences) {
    if (sequences <= 8) {
      return Integer.highestOneBit(2 * sequences - 1);
    }
    int step = Math.max(8, Integer.highestOneBit(sequences - 1) / 8);
    return Math.ceilDiv(sequences, step) * step;
  }

  /**
   * Queues a run of so many rows, a replay where there is a recording.
   *
   * @param run queues it kernel by kernel, always in the same way
   */
  void run(int rows, IntConsumer run) {
    DeviceGraph graph = graphs.get(rows);
    if (graph != null) {
      graph.launch();
      return;
    }
    run.accept(rows);
    if (recording) {
      record(rows, run);
    }
  }

  /**
   * Records every size, so that no request waits for it.
   *
   * @param prepare called before a size: makes the batch that many rows
   * @param run as for {@link #run}
   */
  void recordAll(IntConsumer prepare, IntConsumer run) {
    for (int rows = rows(1); ; rows = rows(rows + 1)) {
      prepare.accept(rows);
      run(rows, run);
      if (rows == largest) {
        return;
      }
    }
  }

  private void record(int rows, IntConsumer run) {
    try {
      graphs.put(rows, device.capture(() -> run.accept(rows)));
    } catch (CudaException e) {
      if (!e.outOfMemory()) {
        throw e;
      }
      LOG.log(
          System.Logger.Level.WARNING,
          "no memory to record runs of {0} rows: all {1} recordings are given back, runs go on"
              + " without them",
          rows,
          graphs.size());
      release();
      recording = false;
    }
  }

  /** Gives the memory of all recordings back; sizes are recorded anew as they come. */
  void release() {
    graphs.values().forEach(DeviceGraph::close);
    graphs.clear();
  }

  int recordings() {
    return graphs.size();
  }

  @Override
  public void close() {
    release();
  }
}
