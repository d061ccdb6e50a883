/** Where sealed entries are kept: memory, Redis, RocksDB, an object store. */
package platform.deepseek.cache.tier;
