package platform.deepseek.auth;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.stream.Stream;

/** The package arrows: they point down, and what decides knows neither HTTP nor Quarkus. */
@AnalyzeClasses(packages = ArchitectureTest.BASE, importOptions = DoNotIncludeTests.class)
class ArchitectureTest {

  static final String BASE = "platform.deepseek.auth";

  @ArchTest
  static final ArchRule packagesHaveNoCycles =
      slices().matching(BASE + ".(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule storeUsesThePoolAndTheMigrations =
      only("store").uses("io.agroal..", "org.flywaydb..");

  @ArchTest
  static final ArchRule credentialStandsOnStoreAndNetwork =
      only("credential").uses(ours("store"), ours("network"));

  @ArchTest static final ArchRule usageStandsOnStore = only("usage").uses(ours("store"));

  @ArchTest
  static final ArchRule networkUsesTheJdkAndOneLibrary = only("network").uses("inet.ipaddr..");

  private static String ours(String name) {
    return BASE + "." + name + "..";
  }

  private static Arrow only(String name) {
    return others -> {
      var allowed = Stream.concat(Stream.of(ours(name), "java..", "javax.."), Stream.of(others));
      return classes()
          .that()
          .resideInAPackage(ours(name))
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(allowed.toArray(String[]::new));
    };
  }

  private interface Arrow {
    ArchRule uses(String... others);
  }
}
