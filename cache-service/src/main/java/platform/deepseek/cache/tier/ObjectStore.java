package platform.deepseek.cache.tier;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import platform.deepseek.cache.key.CacheKey;
import software.amazon.awssdk.core.ResponseBytes;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.core.sync.ResponseTransformer;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * An object store that speaks S3. Objects are PREFIX/first two digits/key; how long they stay is
 * the bucket's life cycle's business, entries know themselves when they are too old. What waits is
 * bounded: beyond that, calls fail at once.
 */
public final class ObjectStore implements Store {

  private static final int MOST_AT_ONCE = 64;

  private final S3Client client;
  private final String bucket;
  private final String prefix;
  private final Executor blocking;
  private final Semaphore free = new Semaphore(MOST_AT_ONCE);

  /**
   * @param prefix of all objects' names
   */
  public ObjectStore(S3Client client, String bucket, String prefix, Executor blocking) {
    this.client = client;
    this.bucket = bucket;
    this.prefix = prefix;
    this.blocking = blocking;
  }

  @Override
  public CompletableFuture<Optional<byte[]>> get(CacheKey key) {
    return call(
        () -> {
          try {
            ResponseBytes<GetObjectResponse> object =
                client.getObject(
                    request -> request.bucket(bucket).key(name(key)),
                    ResponseTransformer.toBytes());
            return Optional.of(object.asByteArrayUnsafe());
          } catch (NoSuchKeyException e) {
            return Optional.empty();
          }
        });
  }

  @Override
  public CompletableFuture<Void> put(CacheKey key, byte[] value, Duration life) {
    return call(
        () -> {
          client.putObject(
              request -> request.bucket(bucket).key(name(key)), RequestBody.fromBytes(value));
          return null;
        });
  }

  @Override
  public CompletableFuture<Void> remove(CacheKey key) {
    return call(
        () -> {
          client.deleteObject(request -> request.bucket(bucket).key(name(key)));
          return null;
        });
  }

  @Override
  public CompletableFuture<Boolean> has(CacheKey key) {
    return call(
        () -> {
          try {
            client.headObject(request -> request.bucket(bucket).key(name(key)));
            return true;
          } catch (S3Exception e) {
            if (e.statusCode() == 404) {
              return false;
            }
            throw e;
          }
        });
  }

  /** Nobody counts a bucket. */
  @Override
  public long bytes() {
    return 0;
  }

  @Override
  public void close() {
    // The client belongs to whoever made it.
  }

  private interface Work<T> {
    T run();
  }

  private <T> CompletableFuture<T> call(Work<T> work) {
    if (!free.tryAcquire()) {
      return CompletableFuture.failedFuture(
          new IllegalStateException("%d calls wait for the object store".formatted(MOST_AT_ONCE)));
    }
    CompletableFuture<T> result = new CompletableFuture<>();
    blocking.execute(
        () -> {
          try {
            result.complete(work.run());
          } catch (SdkException e) {
            result.completeExceptionally(e);
          } finally {
            free.release();
          }
        });
    return result;
  }

  private String name(CacheKey key) {
    String text = key.toString();
    return prefix + "/" + text.substring(0, 2) + "/" + text;
  }
}
