package platform.deepseek.cache;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.stream.Stream;

/** The package arrows: they point down, and what caches knows neither HTTP nor Quarkus. */
@AnalyzeClasses(packages = ArchitectureTest.BASE, importOptions = DoNotIncludeTests.class)
class ArchitectureTest {

  static final String BASE = "platform.deepseek.cache";
  private static final String LOG = "org.jboss.logging..";
  private static final String REDIS = "io.vertx..";
  private static final String CAFFEINE = "com.github.benmanes.caffeine..";
  private static final String JSON = "com.fasterxml.jackson..";

  @ArchTest
  static final ArchRule packagesHaveNoCycles =
      slices().matching(BASE + ".(*)..").should().beFreeOfCycles();

  @ArchTest static final ArchRule canonicalUsesATreeOfJson = only("canonical").uses(JSON);

  @ArchTest static final ArchRule keyStandsOnCanonical = only("key").uses(ours("canonical"), JSON);

  @ArchTest static final ArchRule faultUsesTheJdk = only("fault").uses();

  @ArchTest static final ArchRule redisStandsOnFault = only("redis").uses(ours("fault"), REDIS);

  @ArchTest
  static final ArchRule cryptoKnowsNoEntries =
      only("crypto").uses(ours("redis"), REDIS, CAFFEINE, "org.bouncycastle..", LOG);

  @ArchTest
  static final ArchRule entryStandsOnKeyAndCrypto =
      only("entry").uses(ours("key"), ours("crypto"), "com.github.luben.zstd..");

  @ArchTest
  static final ArchRule purgeStandsOnKeyAndRedis =
      only("purge").uses(ours("key"), ours("redis"), REDIS, LOG);

  @ArchTest
  static final ArchRule tierKeepsWhatItDoesNotUnderstand =
      only("tier")
          .uses(
              ours("entry"),
              ours("key"),
              ours("fault"),
              ours("redis"),
              REDIS,
              CAFFEINE,
              "org.rocksdb..",
              "software.amazon.awssdk..",
              LOG);

  @ArchTest
  static final ArchRule leaseKnowsNoStreams =
      only("lease").uses(ours("entry"), ours("key"), ours("crypto"), ours("redis"), REDIS);

  @ArchTest
  static final ArchRule streamStandsOnLease =
      only("stream")
          .uses(ours("lease"), ours("crypto"), ours("redis"), ours("key"), REDIS, CAFFEINE, LOG);

  @ArchTest
  static final ArchRule semanticKeepsNoAnswers =
      only("semantic").uses(ours("entry"), ours("key"), JSON, CAFFEINE, LOG, "dev.langchain4j..");

  @ArchTest
  static final ArchRule answerJoinsThemAndKnowsNoHttp =
      only("answer")
          .uses(
              ours("tier"),
              ours("lease"),
              ours("stream"),
              ours("purge"),
              ours("semantic"),
              ours("entry"),
              ours("crypto"),
              ours("key"),
              LOG);

  @ArchTest
  static final ArchRule prefixKnowsNoAnswers =
      only("prefix").uses(ours("tier"), ours("purge"), ours("crypto"), ours("key"));

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
