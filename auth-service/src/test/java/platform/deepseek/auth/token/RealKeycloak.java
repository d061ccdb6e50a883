package platform.deepseek.auth.token;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import platform.deepseek.auth.Port;

/**
 * A Keycloak as it is shipped, on this machine, with the realm of the test resources. Its start
 * takes half a minute on a quiet machine, so one class has it.
 */
final class RealKeycloak implements AutoCloseable {

  static final String INSPECTOR = "deepseek-inspector";
  static final String INSPECTOR_SECRET = "a secret of this test alone";

  private static final String ADMIN = "admin-of-this-test";
  private static final Duration PATIENCE = Duration.ofMinutes(8);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final String address;
  private final Process process;
  private final Path log;

  RealKeycloak() throws IOException {
    Path home = Path.of(System.getProperty("keycloak.home", "target/keycloak/none"));
    if (!Files.exists(home)) {
      throw new IllegalStateException(home + " is missing: Maven unpacks it before the tests.");
    }
    removeData(home.resolve("data"));
    Path realm = Files.createDirectories(home.resolve("data/import")).resolve("realm.json");
    try (InputStream in = RealKeycloak.class.getResourceAsStream("/keycloak/deepseek-realm.json")) {
      Files.copy(in, realm, StandardCopyOption.REPLACE_EXISTING);
    }
    int port = Port.free();
    address = "http://127.0.0.1:" + port;
    log = home.resolve("keycloak.log");
    ProcessBuilder builder =
        new ProcessBuilder(
            "bash",
            home.resolve("bin/kc.sh").toString(),
            "start-dev",
            "--import-realm",
            "--http-host=127.0.0.1",
            "--http-port=" + port);
    builder
        .environment()
        .putAll(
            Map.of(
                "JAVA_HOME",
                System.getProperty("java.home"),
                "JAVA_OPTS_KC_HEAP",
                "-Xms64m -Xmx320m",
                "JAVA_OPTS_APPEND",
                "-XX:TieredStopAtLevel=1",
                "KC_BOOTSTRAP_ADMIN_USERNAME",
                ADMIN,
                "KC_BOOTSTRAP_ADMIN_PASSWORD",
                ADMIN));
    process = builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
    Runtime.getRuntime().addShutdownHook(new Thread(this::stop));
    Awaitility.await("Keycloak is up; its log is " + log)
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(250))
        .until(this::isUp);
  }

  private static void removeData(Path data) throws IOException {
    if (!Files.exists(data)) {
      return;
    }
    try (Stream<Path> files = Files.walk(data)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private boolean isUp() throws IOException {
    if (!process.isAlive()) {
      throw new IllegalStateException("Keycloak ended: " + Files.readString(log));
    }
    try {
      return send(HttpRequest.newBuilder(
                  URI.create(issuer() + "/.well-known/openid-configuration")))
              .statusCode()
          == 200;
    } catch (UncheckedIOException e) { // it does not listen yet
      return false;
    }
  }

  String issuer() {
    return address + "/realms/deepseek";
  }

  /** What a user gets by name and password: access_token, refresh_token, id_token. */
  JsonNode login(String client, String user) {
    return form(
        issuer() + "/protocol/openid-connect/token",
        Map.of(
            "grant_type",
            "password",
            "client_id",
            client,
            "username",
            user,
            "password",
            user + "'s password",
            "scope",
            "openid"));
  }

  void logout(String client, String refreshToken) {
    form(
        issuer() + "/protocol/openid-connect/logout",
        Map.of("client_id", client, "refresh_token", refreshToken));
  }

  /** The realm's next tokens are signed with a new key; returns what to remove it by. */
  String addKey(String algorithm, int priority) {
    boolean elliptic = algorithm.startsWith("ES");
    String body =
        """
        {"name":"key-%d","providerId":"%s","providerType":"org.keycloak.keys.KeyProvider",
         "parentId":"%s","config":{"priority":["%d"],"enabled":["true"],"active":["true"],%s}}"""
            .formatted(
                priority,
                elliptic ? "ecdsa-generated" : "rsa-generated",
                admin("GET", "", null).get("id").textValue(),
                priority,
                elliptic
                    ? "\"ecdsaEllipticCurveKey\":[\"P-256\"]"
                    : "\"algorithm\":[\"%s\"],\"keySize\":[\"2048\"]".formatted(algorithm));
    admin("POST", "/components", body);
    for (JsonNode component :
        admin("GET", "/components?type=org.keycloak.keys.KeyProvider", null)) {
      if (component.get("name").textValue().equals("key-" + priority)) {
        return component.get("id").textValue();
      }
    }
    throw new IllegalStateException("the key was not added");
  }

  void removeKey(String id) {
    admin("DELETE", "/components/" + id, null);
  }

  private JsonNode admin(String method, String path, String body) {
    JsonNode login =
        form(
            address + "/realms/master/protocol/openid-connect/token",
            Map.of(
                "grant_type",
                "password",
                "client_id",
                "admin-cli",
                "username",
                ADMIN,
                "password",
                ADMIN));
    return json(
        send(
            HttpRequest.newBuilder(URI.create(address + "/admin/realms/deepseek" + path))
                .header("authorization", "Bearer " + login.get("access_token").textValue())
                .header("content-type", "application/json")
                .method(
                    method,
                    body == null
                        ? HttpRequest.BodyPublishers.noBody()
                        : HttpRequest.BodyPublishers.ofString(body))));
  }

  private JsonNode form(String url, Map<String, String> parameters) {
    String form =
        parameters.entrySet().stream()
            .map(
                one ->
                    one.getKey() + "=" + URLEncoder.encode(one.getValue(), StandardCharsets.UTF_8))
            .collect(Collectors.joining("&"));
    return json(
        send(
            HttpRequest.newBuilder(URI.create(url))
                .header("content-type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(form))));
  }

  private static JsonNode json(HttpResponse<String> response) {
    if (!List.of(200, 201, 204).contains(response.statusCode())) {
      throw new IllegalStateException(response + ": " + response.body());
    }
    try {
      return JSON.readTree(response.body());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private HttpResponse<String> send(HttpRequest.Builder request) {
    try {
      return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The script and the server that it started. */
  private void stop() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }

  @Override
  public void close() {
    stop();
    client.close();
  }
}
