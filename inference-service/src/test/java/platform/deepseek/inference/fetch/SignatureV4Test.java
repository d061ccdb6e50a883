package platform.deepseek.inference.fetch;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The example of AWS' documentation, "Authenticating Requests", GET Bucket (List Objects). */
class SignatureV4Test {

  @Test
  void aListingIsSignedAsTheDocumentationDoes() {
    var credentials =
        new SignatureV4(
            "AKIAIOSFODNN7EXAMPLE",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            Optional.empty(),
            "us-east-1",
            Clock.fixed(Instant.parse("2013-05-24T00:00:00Z"), ZoneOffset.UTC));
    var headers =
        credentials.headers(
            "GET", URI.create("https://examplebucket.s3.amazonaws.com/?prefix=J&max-keys=2"));
    assertThat(headers.get("x-amz-date")).isEqualTo("20130524T000000Z");
    assertThat(headers.get("Authorization"))
        .isEqualTo(
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
                + "SignedHeaders=host;x-amz-content-sha256;x-amz-date,"
                + "Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
    assertThat(credentials.toString()).doesNotContain("wJalr");
  }
}
