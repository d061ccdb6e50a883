package platform.deepseek.auth;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
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
      only("store").uses("io.agroal..", "org.flywaydb..", "org.h2.api..");

  @ArchTest
  static final ArchRule cryptoStandsOnStoreAndBouncyCastle =
      only("crypto").uses(ours("store"), "org.bouncycastle..", "com.fasterxml.jackson..");

  @ArchTest
  static final ArchRule auditStandsOnCryptoAndStore =
      only("audit")
          .uses(ours("crypto"), ours("store"), "com.fasterxml.jackson..", "org.jboss.logging..");

  @ArchTest
  static final ArchRule promptStandsOnCryptoAndStore =
      only("prompt").uses(ours("crypto"), ours("store"));

  @ArchTest static final ArchRule watermarkStandsOnCrypto = only("watermark").uses(ours("crypto"));

  @ArchTest
  static final ArchRule credentialStandsOnCryptoStoreAndNetwork =
      only("credential").uses(ours("crypto"), ours("store"), ours("network"));

  @ArchTest static final ArchRule usageStandsOnStore = only("usage").uses(ours("store"));

  @ArchTest
  static final ArchRule networkUsesTheJdkAndOneLibrary = only("network").uses("inet.ipaddr..");

  @ArchTest
  static final ArchRule tenantStandsOnCredentialAndStore =
      only("tenant").uses(ours("credential"), ours("store"));

  @ArchTest
  static final ArchRule limitStandsOnUsageAndRedis =
      only("limit")
          .uses(
              ours("usage"),
              ours("store"),
              "io.vertx..",
              "io.smallrye.common.vertx..",
              "org.jboss.logging..");

  @ArchTest
  static final ArchRule identityKnowsNoHttp =
      only("identity")
          .uses(
              ours("credential"),
              ours("tenant"),
              ours("limit"),
              ours("usage"),
              ours("audit"),
              ours("store"),
              "com.github.benmanes.caffeine..");

  @ArchTest
  static final ArchRule accessIsTablesOverRolesAndScopes = only("access").uses(ours("credential"));

  @ArchTest
  static final ArchRule trafficStandsOnNetworkAndRedis =
      only("traffic").uses(ours("network"), "io.vertx..", "org.jboss.logging..");

  @ArchTest
  static final ArchRule decisionJoinsThemAndKnowsNoHttp =
      only("decision")
          .uses(
              ours("identity"),
              ours("access"),
              ours("limit"),
              ours("usage"),
              ours("credential"),
              ours("network"),
              ours("audit"),
              ours("prompt"),
              ours("store"),
              "org.jboss.logging..");

  @ArchTest
  static final ArchRule tokenKnowsNoHttpServer =
      only("token")
          .uses(
              ours("identity"),
              ours("credential"),
              ours("crypto"),
              ours("store"),
              "org.jose4j..",
              "com.fasterxml.jackson..",
              "com.github.benmanes.caffeine..",
              "org.jboss.logging..");

  @ArchTest
  static final ArchRule signaturesOfStrangersAreCheckedInOnePlace =
      noClasses()
          .that()
          .resideOutsideOfPackage(ours("token.issuer"))
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.jose4j..");

  @ArchTest
  static final ArchRule factorKnowsNoHttp =
      only("factor")
          .uses(
              ours("crypto"),
              ours("decision"),
              ours("identity"),
              ours("credential"),
              ours("network"),
              ours("store"),
              "com.eatthepath.otp..");

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
