package platform.deepseek.operator;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.stream.Stream;

/** The package arrows: they point down, and what decides talks to no cluster. */
@AnalyzeClasses(packages = ArchitectureTest.BASE, importOptions = DoNotIncludeTests.class)
class ArchitectureTest {

  static final String BASE = "platform.deepseek.operator";

  private static final String MODELS = "io.fabric8.kubernetes.api..";
  private static final String JSON = "com.fasterxml.jackson..";

  @ArchTest
  static final ArchRule packagesHaveNoCycles =
      slices().matching(BASE + ".(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule theResourceStandsOnNothingOfOurs =
      only("resource")
          .uses(
              MODELS,
              JSON,
              "io.fabric8.kubernetes.client..",
              "io.fabric8.kubernetes.model.annotation..",
              "io.fabric8.generator.annotation..",
              "io.fabric8.crd.generator.annotation..");

  @ArchTest static final ArchRule theFitCheckIsArithmetic = only("fit").uses(ours("resource"));

  @ArchTest
  static final ArchRule desiredObjectsAreFunctionsOfASituation =
      only("desired")
          .uses(
              ours("resource"),
              ours("fit"),
              MODELS,
              JSON,
              "io.fabric8.kubernetes.client",
              "io.fabric8.kubernetes.client.utils..",
              "io.fabric8.kubernetes.model.annotation..");

  @ArchTest
  static final ArchRule whatIsObservedIsReadFromObjects =
      only("observe").uses(ours("resource"), ours("desired"), MODELS, JSON);

  @ArchTest
  static final ArchRule rolloutsAreStateMachines =
      only("rollout").uses(ours("resource"), ours("desired"), ours("observe"));

  @ArchTest
  static final ArchRule theStatusIsAFunction =
      only("status").uses(ours("resource"), ours("desired"), ours("observe"), MODELS);

  @ArchTest
  static final ArchRule thePreflightAsksNobody =
      only("preflight")
          .uses(
              ours("resource"),
              ours("desired"),
              ours("fit"),
              ours("status"),
              ours("anomaly"),
              MODELS);

  @ArchTest
  static final ArchRule anomalyRulesReachNothing =
      only("anomaly").uses(ours("resource"), JSON, "net.sf.jsqlparser..");

  @ArchTest
  static final ArchRule healingAsksTheClusterByItsOwnInterface =
      only("heal")
          .uses(
              ours("resource"),
              ours("desired"),
              ours("fit"),
              ours("observe"),
              ours("anomaly"),
              ours("http"),
              MODELS,
              JSON);

  @ArchTest static final ArchRule examsKnowNoCluster = only("exam").uses(ours("http"), JSON);

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
