package platform.deepseek.cache.service;

import java.time.Duration;
import java.util.Optional;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.DefaultRetryStrategy;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;

/** The object store as the configuration describes it. */
final class ObjectStoreConnection {

  private static final Duration CONNECT = Duration.ofSeconds(2);
  private static final Duration ANSWER = Duration.ofSeconds(10);

  private ObjectStoreConnection() {}

  static S3Client open(CacheConfig.Objects config) {
    S3ClientBuilder builder =
        S3Client.builder()
            .region(Region.of(config.region()))
            .forcePathStyle(config.pathStyle())
            .httpClientBuilder(
                UrlConnectionHttpClient.builder().connectionTimeout(CONNECT).socketTimeout(ANSWER))
            // Entries have seals; stores of others may not know the newer checksums.
            .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
            .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
            .overrideConfiguration(
                override -> override.retryStrategy(DefaultRetryStrategy.doNotRetry()));
    config.endpoint().ifPresent(builder::endpointOverride);
    Optional<String> secret = config.secretKey();
    config
        .accessKey()
        .ifPresent(
            access ->
                builder.credentialsProvider(
                    StaticCredentialsProvider.create(
                        AwsBasicCredentials.create(
                            access,
                            secret.orElseThrow(
                                () ->
                                    new IllegalStateException(
                                        "deepseek.cache.objects.access-key is set: set"
                                            + " deepseek.cache.objects.secret-key too."))))));
    return builder.build();
  }
}
