package platform.deepseek.cache.tier;

import java.net.URI;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.gaul.s3proxy.AuthenticationType;
import org.gaul.s3proxy.S3Proxy;
import org.jclouds.ContextBuilder;
import org.jclouds.blobstore.BlobStore;
import org.jclouds.blobstore.BlobStoreContext;
import org.jclouds.blobstore.domain.Blob;
import org.jclouds.blobstore.options.GetOptions;
import org.jclouds.blobstore.options.PutOptions;
import org.jclouds.blobstore.util.ForwardingBlobStore;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.DefaultRetryStrategy;
import software.amazon.awssdk.services.s3.S3Client;

/** An S3 server of its own on a free port, which can be made to behave badly. */
public final class RealObjects implements AutoCloseable {

  public static final String BUCKET = "cache";
  public static final String ACCESS_KEY = "access";
  public static final String SECRET_KEY = "secret";

  /** How the server behaves. */
  public enum Mood {
    WELL,
    /** Each request takes five seconds. */
    SLOW,
    /** Each request is answered with 500. */
    FAILING,
    /** Nothing can be written. */
    READ_ONLY,
    /** What was written is not there yet. */
    BEHIND
  }

  private final BlobStoreContext context =
      ContextBuilder.newBuilder("transient").build(BlobStoreContext.class);
  private final S3Proxy server;
  private final CountDownLatch closing = new CountDownLatch(1);
  private volatile Mood mood = Mood.WELL;

  public RealObjects() {
    context.getBlobStore().createContainerInLocation(null, BUCKET);
    server =
        S3Proxy.builder()
            .endpoint(URI.create("http://127.0.0.1:0"))
            .awsAuthentication(AuthenticationType.AWS_V2_OR_V4, ACCESS_KEY, SECRET_KEY)
            .blobStore(new MoodyStore(context.getBlobStore()))
            .build();
    try {
      server.start();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  public void behave(Mood how) {
    mood = how;
  }

  public URI address() {
    return URI.create("http://127.0.0.1:" + server.getPort());
  }

  public S3Client client() {
    return S3Client.builder()
        .region(Region.US_EAST_1)
        .forcePathStyle(true)
        .endpointOverride(address())
        .credentialsProvider(
            StaticCredentialsProvider.create(AwsBasicCredentials.create(ACCESS_KEY, SECRET_KEY)))
        .httpClientBuilder(UrlConnectionHttpClient.builder())
        .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
        .overrideConfiguration(
            override -> override.retryStrategy(DefaultRetryStrategy.doNotRetry()))
        .build();
  }

  @Override
  public void close() {
    closing.countDown();
    try {
      server.stop();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
    context.close();
  }

  /** The server's own store, under the mood of the moment. */
  private final class MoodyStore extends ForwardingBlobStore {

    MoodyStore(BlobStore store) {
      super(store);
    }

    @Override
    public Blob getBlob(String container, String name, GetOptions options) {
      suffer();
      return mood == Mood.BEHIND ? null : super.getBlob(container, name, options);
    }

    @Override
    public String putBlob(String container, Blob blob, PutOptions options) {
      suffer();
      if (mood == Mood.READ_ONLY) {
        throw new UnsupportedOperationException("read-only");
      }
      return super.putBlob(container, blob, options);
    }

    private void suffer() {
      if (mood == Mood.FAILING) {
        throw new IllegalStateException("the disk behind is gone");
      }
      if (mood == Mood.SLOW) {
        try {
          if (closing.await(5, TimeUnit.SECONDS)) {
            throw new IllegalStateException("the server stops");
          }
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
    }
  }
}
