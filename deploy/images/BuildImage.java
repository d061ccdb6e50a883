import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.cloud.tools.jib.api.Containerizer;
import com.google.cloud.tools.jib.api.Jib;
import com.google.cloud.tools.jib.api.JibContainerBuilder;
import com.google.cloud.tools.jib.api.TarImage;
import com.google.cloud.tools.jib.api.buildplan.AbsoluteUnixPath;
import com.google.cloud.tools.jib.api.buildplan.FileEntriesLayer;
import com.google.cloud.tools.jib.api.buildplan.FilePermissions;
import com.google.cloud.tools.jib.api.buildplan.ImageFormat;
import com.google.cloud.tools.jib.api.buildplan.Port;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * An OCI image out of folders, by Jib and without a container engine: {@code BuildImage PLAN.json
 * OUT.tar CACHE}. The plan (stage.py writes it) names the layers, each a folder that is laid over
 * the root, and what the image says of itself. What a file's time, owner and permissions are does
 * not depend on this machine: the time is the plan's, the owner root, except for folders that the
 * service writes to, and a file is executable where its owner may execute it here. So the same
 * content has the same digest, which is printed.
 */
final class BuildImage {

  private static final FilePermissions FOLDER = FilePermissions.fromOctalString("755");
  private static final FilePermissions PROGRAM = FilePermissions.fromOctalString("755");
  private static final FilePermissions FILE = FilePermissions.fromOctalString("644");

  private final JsonNode plan;
  private final Instant time;
  private final String user;
  private final Set<String> written;

  private BuildImage(JsonNode plan) {
    this.plan = plan;
    time = Instant.parse(plan.get("created").asText());
    user = plan.get("user").asText();
    written = Set.copyOf(texts(plan.get("written")));
  }

  public static void main(String[] arguments) throws Exception {
    // Nothing is asked of any network.
    System.setProperty("sendCredentialsOverHttp", "false");
    var plan = new ObjectMapper().readTree(Path.of(arguments[0]).toFile());
    new BuildImage(plan).write(Path.of(arguments[1]), Path.of(arguments[2]));
    System.exit(0); // Jib's threads would keep the process for a minute.
  }

  private void write(Path tar, Path cache) throws Exception {
    JibContainerBuilder image =
        Jib.fromScratch()
            .setFormat(ImageFormat.OCI)
            .setCreationTime(time)
            .setUser(user)
            .setWorkingDirectory(AbsoluteUnixPath.get("/app"))
            .setEntrypoint(texts(plan.get("entrypoint")));
    plan.get("environment").properties().forEach(
        variable -> image.addEnvironmentVariable(variable.getKey(), variable.getValue().asText()));
    plan.get("labels").properties().forEach(
        label -> image.addLabel(label.getKey(), label.getValue().asText()));
    plan.get("ports").forEach(port -> image.addExposedPort(Port.tcp(port.asInt())));
    plan.get("volumes").forEach(
        volume -> image.addVolume(AbsoluteUnixPath.get(volume.asText())));
    for (JsonNode layer : plan.get("layers")) {
      image.addFileEntriesLayer(
          layer(layer.get("name").asText(), Path.of(layer.get("folder").asText())));
    }
    var built =
        image.containerize(
            Containerizer.to(TarImage.at(tar).named(plan.get("name").asText()))
                .setOfflineMode(true)
                .setBaseImageLayersCache(cache)
                .setApplicationLayersCache(cache));
    System.out.println(built.getDigest());
  }

  private FileEntriesLayer layer(String name, Path folder) throws IOException {
    var layer = FileEntriesLayer.builder().setName(name);
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path file : all.filter(path -> !path.equals(folder)).sorted().toList()) {
        String target = "/" + folder.relativize(file);
        boolean isFolder = Files.isDirectory(file);
        layer.addEntry(
            file,
            AbsoluteUnixPath.get(target),
            isFolder ? FOLDER : Files.isExecutable(file) ? PROGRAM : FILE,
            time,
            written.contains(target) ? user : "0:0");
      }
    }
    return layer.build();
  }

  private static List<String> texts(JsonNode array) {
    var texts = new ArrayList<String>();
    array.forEach(text -> texts.add(text.asText()));
    return texts;
  }
}
