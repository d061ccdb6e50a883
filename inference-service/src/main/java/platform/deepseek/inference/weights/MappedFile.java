package platform.deepseek.inference.weights;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import platform.deepseek.inference.weights.CheckpointException.Code;

/**
 * A whole file mapped read-only, so that the operating system decides which pages stay in memory.
 *
 * @param path the real file (links resolved)
 */
record MappedFile(Path path, Arena arena, MemorySegment data) implements AutoCloseable {

  static MappedFile open(Path path) {
    var arena = Arena.ofShared();
    try {
      Path real = path.toRealPath();
      try (var channel = FileChannel.open(real, StandardOpenOption.READ)) {
        var data = channel.map(MapMode.READ_ONLY, 0, channel.size(), arena);
        return new MappedFile(real, arena, data);
      }
    } catch (IOException e) {
      arena.close();
      throw CheckpointException.ofFile(
          Code.UNREADABLE, path, 0, "cannot be opened (" + e + "); check path and permissions", e);
    }
  }

  long size() {
    return data.byteSize();
  }

  @Override
  public void close() {
    arena.close();
  }
}
