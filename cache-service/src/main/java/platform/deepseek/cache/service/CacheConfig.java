package platform.deepseek.cache.service;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Everything that can be set from outside. */
@ConfigMapping(prefix = "deepseek.cache")
public interface CacheConfig {

  /** Folder for the master key, where none is set, seeds of tenants, purges, and RocksDB. */
  @WithDefault("data/cache")
  Path dataFolder();

  /**
   * At least 64 hexadecimal digits that all keys are derived from, the same for all replicas;
   * default: a file in data-folder, made at the first start. Lost, nothing kept can be read.
   */
  Optional<String> masterKey();

  /** Secret of at least 16 characters that other services send as x-deepseek-service-key. */
  Optional<String> serviceKey();

  /** Whether services on the same machine need no service-key; for local runs. */
  @WithDefault("false")
  boolean serviceLoopback();

  /** How long an answer is kept where the request does not say. */
  @WithDefault("24h")
  Duration usualLife();

  /** How long anything is kept at most. */
  @WithDefault("7d")
  Duration longestLife();

  /** After which a leader that is not heard of has lost its lease. */
  @WithDefault("10s")
  Duration lease();

  /** One live stream's chunks at most. */
  @WithDefault("16M")
  MemorySize streamSize();

  /**
   * How often other replicas' purges are asked for; a purge holds everywhere within 4 times that.
   */
  @WithDefault("500ms")
  Duration purgePoll();

  /** Answers in the memory of this process. */
  Memory memory();

  /** Answers, leases and live streams that all replicas share. */
  RedisSettings redis();

  /** Answers and blocks on this machine's disk. */
  Disk disk();

  /** Answers and blocks that outlive machines. */
  Objects objects();

  /** Answers to questions that mean the same: docs/caching.md tells of the risk. */
  Semantic semantic();

  /** The semantic tier. */
  interface Semantic {
    /** Whether there is one; clients' answers may then be those to other questions. */
    @WithDefault("false")
    boolean enabled();

    /**
     * Cosine of two questions' vectors from which on one's answer is the other's; at least 0.95.
     */
    @WithDefault("0.95")
    double threshold();

    /** Bytes of vectors in memory at most; about 2.5 KB for each question. */
    @WithDefault("32M")
    MemorySize size();

    /** After which nothing is alike: a vector takes some milliseconds. */
    @WithDefault("100ms")
    Duration patience();
  }

  /** The tier of this process. */
  interface Memory {
    /** Bytes of answers at most. */
    @WithDefault("128M")
    MemorySize size();
  }

  /** The tier in Redis. */
  interface RedisSettings {
    /**
     * Addresses, such as redis://redis:6379; several for sentinels or a cluster. Default: none, for
     * one replica.
     */
    Optional<List<String>> hosts();

    /** standalone, sentinel or cluster. */
    @WithDefault("standalone")
    String type();

    /** Name of the master that sentinels watch. */
    @WithDefault("mymaster")
    String masterName();

    /** Password of Redis. */
    Optional<String> password();

    /** After which it is taken for gone: a miss, and each replica leads for itself. */
    @WithDefault("15ms")
    Duration patience();

    /** What is written to it: always, promoted (only what was found further down) or never. */
    @WithDefault("always")
    String write();
  }

  /** The tier in RocksDB. */
  interface Disk {
    /** Whether there is one. */
    @WithDefault("true")
    boolean enabled();

    /** Bytes of answers at most; the oldest go. */
    @WithDefault("2G")
    MemorySize answers();

    /** Bytes of blocks of prefixes at most; the oldest go. */
    @WithDefault("8G")
    MemorySize prefixes();

    /** Bytes a second that it may write. */
    @WithDefault("200M")
    MemorySize writeRate();

    /** After which a read is a miss. */
    @WithDefault("20ms")
    Duration patience();

    /** After which the read of a prefix's block, which is some megabytes, is a miss. */
    @WithDefault("250ms")
    Duration blockPatience();

    /** What is written to it: always, promoted (only what was found further down) or never. */
    @WithDefault("always")
    String write();
  }

  /** The tier in an object store. */
  interface Objects {
    /** The bucket; default: none, and there is no such tier. */
    Optional<String> bucket();

    /** Where the store is, where it is not AWS: MinIO, Ceph. */
    Optional<URI> endpoint();

    /** The bucket's region. */
    @WithDefault("us-east-1")
    String region();

    /** Whether the bucket is in the path and not in the host's name. */
    @WithDefault("true")
    boolean pathStyle();

    /** Access key; default: what the environment has. */
    Optional<String> accessKey();

    /** Secret of the access key. */
    Optional<String> secretKey();

    /** After which a read is a miss; it goes on, and what it brings is there for the next one. */
    @WithDefault("20ms")
    Duration patience();

    /** What is written to it: always, promoted or never. */
    @WithDefault("always")
    String write();
  }
}
