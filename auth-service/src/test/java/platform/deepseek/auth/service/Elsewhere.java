package platform.deepseek.auth.service;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.restassured.RestAssured;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/**
 * Somebody who is not on this machine: a proxy that is trusted, at another loopback address, passes
 * their requests on.
 */
final class Elsewhere implements AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient client;
  private final String key;
  private final String address;

  /**
   * @param address that the proxy says they are at
   */
  Elsewhere(String key, String address) throws IOException {
    this.client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .localAddress(InetAddress.getByName("127.0.0.2"))
            .build();
    this.key = key;
    this.address = address;
  }

  record Reply(int status, JsonNode body, HttpResponse<String> response) {
    String code() {
      return body.path("error").path("code").textValue();
    }

    String header(String name) {
      return response.headers().firstValue(name).orElse("");
    }
  }

  Reply get(String path) throws IOException, InterruptedException {
    return send("GET", path, "");
  }

  Reply post(String path, String body) throws IOException, InterruptedException {
    return send("POST", path, body);
  }

  Reply send(String method, String path, String body) throws IOException, InterruptedException {
    HttpResponse<String> response =
        client.send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + RestAssured.port + path))
                .header("authorization", "Bearer " + key)
                .header("content-type", "application/json")
                .header("x-forwarded-for", address)
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    return new Reply(response.statusCode(), JSON.readTree(response.body()), response);
  }

  @Override
  public void close() {
    client.close();
  }
}
