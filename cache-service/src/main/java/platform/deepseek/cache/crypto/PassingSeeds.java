package platform.deepseek.cache.crypto;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Seeds of whoever is nobody: they go with the process. */
public final class PassingSeeds implements SeedStore {

  private final Map<String, byte[]> seeds = new ConcurrentHashMap<>();

  @Override
  public Optional<byte[]> read(String tenant) {
    return Optional.ofNullable(seeds.get(tenant));
  }

  @Override
  public byte[] keep(String tenant, byte[] wrapped) {
    byte[] there = seeds.putIfAbsent(tenant, wrapped);
    return there == null ? wrapped : there;
  }

  @Override
  public void replace(String tenant, byte[] wrapped) {
    seeds.put(tenant, wrapped);
  }

  @Override
  public void forget(String tenant, byte[] wrapped) {
    seeds.remove(tenant, wrapped);
  }
}
