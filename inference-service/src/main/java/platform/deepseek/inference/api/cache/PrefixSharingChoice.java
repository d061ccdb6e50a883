package platform.deepseek.inference.api.cache;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.arc.DefaultBean;
import io.vertx.core.Vertx;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.net.URI;
import java.util.Optional;
import platform.deepseek.inference.engine.prefix.PrefixSharing;

/** Where computed prefixes are shared: through cache-service where its address is known. */
@Singleton
final class PrefixSharingChoice {

  @Produces
  @Singleton
  @DefaultBean
  PrefixSharing sharing(
      AnswerCacheConfig cache, PrefixStoreConfig config, Vertx vertx, MeterRegistry registry) {
    Optional<String> url = cache.url().filter(address -> !address.isBlank());
    if (url.isEmpty() || !config.enabled()) {
      return PrefixSharing.NONE;
    }
    CacheAddress address = CacheAddress.of(URI.create(url.get().strip()), cache.serviceKey());
    return new PrefixSharing(
        Optional.of(new PrefixClient(vertx, address, config, registry).startWarm()),
        "",
        PrefixSharing.BLOCK_TOKENS,
        config.stagingMemory().asLongValue(),
        Math.toIntExact(config.stepBytes().asLongValue()));
  }
}
