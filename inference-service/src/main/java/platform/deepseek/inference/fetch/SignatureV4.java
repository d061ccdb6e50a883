package platform.deepseek.inference.fetch;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * AWS Signature Version 4 of requests without a body to S3 ("Authenticating Requests: Using the
 * Authorization Header"). Only what has to be signed is: host, date, digest of the body, session.
 */
record SignatureV4(
    String accessKeyId, String secretKey, Optional<String> session, String region, Clock clock)
    implements Http.Credentials {

  private static final String ALGORITHM = "AWS4-HMAC-SHA256";
  private static final String EMPTY = Sha256.of("");
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

  @Override
  public String toString() {
    return "SignatureV4 of " + accessKeyId;
  }

  @Override
  public Map<String, String> headers(String method, URI uri) {
    var time = TIME.format(clock.instant());
    var signed = new TreeMap<String, String>();
    signed.put("host", uri.getRawAuthority());
    signed.put("x-amz-content-sha256", EMPTY);
    signed.put("x-amz-date", time);
    session.ifPresent(token -> signed.put("x-amz-security-token", token));
    var names = String.join(";", signed.keySet());
    var request =
        String.join(
            "\n",
            method,
            uri.getRawPath(),
            query(uri),
            signed.entrySet().stream()
                .map(header -> header.getKey() + ":" + header.getValue() + "\n")
                .collect(Collectors.joining()),
            names,
            EMPTY);
    var scope = "%s/%s/s3/aws4_request".formatted(time.substring(0, 8), region);
    var text = String.join("\n", ALGORITHM, time, scope, Sha256.of(request));
    var signature = HexFormat.of().formatHex(mac(key(time.substring(0, 8)), text));
    signed.remove("host"); // The client writes it itself.
    signed.put(
        "Authorization",
        "%s Credential=%s/%s,SignedHeaders=%s,Signature=%s"
            .formatted(ALGORITHM, accessKeyId, scope, names, signature));
    return signed;
  }

  private static String query(URI uri) {
    return uri.getRawQuery() == null
        ? ""
        : Arrays.stream(uri.getRawQuery().split("&")).sorted().collect(Collectors.joining("&"));
  }

  private byte[] key(String day) {
    var key = ("AWS4" + secretKey).getBytes(StandardCharsets.UTF_8);
    for (var part : new String[] {day, region, "s3", "aws4_request"}) {
      key = mac(key, part);
    }
    return key;
  }

  private static byte[] mac(byte[] key, String text) {
    try {
      var mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has HmacSHA256", e);
    }
  }
}
