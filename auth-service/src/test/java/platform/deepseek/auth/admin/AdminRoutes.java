package platform.deepseek.auth.admin;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import platform.deepseek.auth.access.Action;

/** All routes of the administration, as its classes have them. */
public final class AdminRoutes {

  private AdminRoutes() {}

  /**
   * @param path with names in braces
   * @param action that it needs; empty when it answers nobody
   */
  public record Route(String method, String path, Optional<Action> action) {

    /** With a name in place of each pair of braces, which nothing has. */
    public String sample() {
      return path.replace("{level}", "tenant").replaceAll("\\{[a-z]+}", "nothing");
    }

    @Override
    public String toString() {
      return method + " " + path;
    }
  }

  public static List<Route> all() {
    return new ClassFileImporter()
            .withImportOption(new DoNotIncludeTests())
            .importPackages(AdminRoutes.class.getPackageName())
            .stream()
            .filter(type -> type.isAnnotatedWith(Path.class))
            .flatMap(AdminRoutes::of)
            .sorted((one, other) -> one.toString().compareTo(other.toString()))
            .toList();
  }

  private static Stream<Route> of(JavaClass resource) {
    String base = resource.getAnnotationOfType(Path.class).value();
    return resource.getMethods().stream()
        .flatMap(method -> verb(method).map(verb -> route(base, verb, method)).stream());
  }

  private static Optional<String> verb(JavaMethod method) {
    return method.getAnnotations().stream()
        .filter(annotation -> annotation.getRawType().isAnnotatedWith(HttpMethod.class))
        .map(annotation -> annotation.getRawType().getAnnotationOfType(HttpMethod.class).value())
        .findFirst();
  }

  private static Route route(String base, String verb, JavaMethod method) {
    String path =
        method.tryGetAnnotationOfType(Path.class).map(below -> base + below.value()).orElse(base);
    return new Route(verb, path, method.tryGetAnnotationOfType(Needs.class).map(Needs::value));
  }
}
