package platform.deepseek.operator;

import java.nio.file.Path;

/** Where the generated definition is kept. */
public final class CrdFile {

  public static final Path COMMITTED =
      Path.of("crd", "deepseekdeployments.deepseek.platform-v1.yml");

  private CrdFile() {}
}
