package platform.deepseek.cache.tier;

import java.util.ArrayList;
import java.util.List;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.ChecksumType;
import org.rocksdb.CompactionOptionsFIFO;
import org.rocksdb.CompactionStyle;
import org.rocksdb.CompressionType;
import org.rocksdb.Env;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.Options;
import org.rocksdb.RateLimiter;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.SstFileManager;
import org.rocksdb.WALRecoveryMode;
import org.rocksdb.WriteOptions;

/** How RocksDB is set up; owns what has to be freed. */
final class RocksOptions implements AutoCloseable {

  private static final long LARGEST_BUFFER = 64L << 20;
  private static final long SMALLEST_BUFFER = 1L << 20;
  private static final int FILES = 16;
  private static final double BLOOM_BITS = 10;

  private final List<AutoCloseable> owned = new ArrayList<>();
  private final Options database;
  private final ReadOptions reading;
  private final WriteOptions writing;

  static {
    RocksDB.loadLibrary();
  }

  RocksOptions(RocksSettings settings) {
    long buffer = Math.clamp(settings.mostBytes() / FILES, SMALLEST_BUFFER, LARGEST_BUFFER);
    var fifo =
        own(
            new CompactionOptionsFIFO()
                .setMaxTableFilesSize(settings.mostBytes())
                .setAllowCompaction(false));
    var table =
        new BlockBasedTableConfig()
            .setFilterPolicy(own(new BloomFilter(BLOOM_BITS)))
            .setChecksumType(ChecksumType.kXXH3)
            .setWholeKeyFiltering(true);
    this.database =
        own(
            new Options()
                .setCreateIfMissing(true)
                .setCompactionStyle(CompactionStyle.FIFO)
                .setCompactionOptionsFIFO(fifo)
                .setTtl(settings.longestLife().toSeconds())
                .setTableFormatConfig(table)
                // Entries are compressed and encrypted already.
                .setCompressionType(CompressionType.NO_COMPRESSION)
                .setWriteBufferSize(buffer)
                .setMaxWriteBufferNumber(3)
                .setMaxTotalWalSize(4 * buffer)
                .setRecycleLogFileNum(0)
                .setWalRecoveryMode(WALRecoveryMode.SkipAnyCorruptedRecords)
                .setParanoidChecks(true)
                .setMaxOpenFiles(-1)
                .setLevel0SlowdownWritesTrigger(Integer.MAX_VALUE)
                .setLevel0StopWritesTrigger(Integer.MAX_VALUE)
                .setRateLimiter(own(new RateLimiter(settings.writeBytesPerSecond())))
                .setSstFileManager(own(fileManager()))
                .setBytesPerSync(1L << 20)
                .setStatsDumpPeriodSec(0)
                .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
                .setKeepLogFileNum(2));
    this.reading = own(new ReadOptions().setVerifyChecksums(true));
    this.writing = own(new WriteOptions().setDisableWAL(!settings.log()));
  }

  Options database() {
    return database;
  }

  ReadOptions reading() {
    return reading;
  }

  WriteOptions writing() {
    return writing;
  }

  @Override
  public void close() {
    writing.close();
    reading.close();
    database.close();
    for (AutoCloseable one : owned) {
      try {
        one.close();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /** With one, RocksDB goes on by itself when a full disk has room again. */
  private static SstFileManager fileManager() {
    try {
      return new SstFileManager(Env.getDefault());
    } catch (RocksDBException e) {
      throw new IllegalStateException(e);
    }
  }

  private <T extends AutoCloseable> T own(T one) {
    owned.add(one);
    return one;
  }
}
