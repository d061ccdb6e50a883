package platform.deepseek.inference;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.util.stream.Stream;

/** The package arrows of ARCHITECTURE.md: they point down, and native code stays in its room. */
@AnalyzeClasses(packages = ArchitectureTest.BASE, importOptions = DoNotIncludeTests.class)
class ArchitectureTest {

  static final String BASE = "platform.deepseek.inference";
  private static final String JACKSON = "com.fasterxml.jackson..";

  @ArchTest
  static final ArchRule packagesHaveNoCycles =
      slices().matching(BASE + ".(*)..").should().beFreeOfCycles();

  @ArchTest static final ArchRule kvUsesTheJdkAlone = only("kv").uses();

  @ArchTest static final ArchRule samplingUsesTheJdkAlone = only("sampling").uses();

  @ArchTest
  static final ArchRule engineUsesKvAndSamplingAndTheJdk =
      only("engine").uses(ours("kv"), ours("sampling"));

  @ArchTest static final ArchRule weightsUseTheJdkAndAJsonReader = only("weights").uses(JACKSON);

  @ArchTest static final ArchRule modelUsesWeights = only("model").uses(ours("weights"), JACKSON);

  @ArchTest
  static final ArchRule fetchUsesTheJdkAndAJsonReader = only("fetch").uses("javax..", JACKSON);

  @ArchTest static final ArchRule planUsesModelAlone = only("plan").uses(ours("model"));

  @ArchTest static final ArchRule ortUsesTheJdkAlone = only("ort").uses();

  @ArchTest static final ArchRule cudaUsesTheJdkAlone = only("cuda").uses();

  @ArchTest
  static final ArchRule opsStandOnOrtAndPackWeights =
      only("ops").uses(ours("ort"), ours("weights"));

  @ArchTest
  static final ArchRule runnerJoinsModelAndEngine =
      only("runner")
          .uses(
              ours("engine"),
              ours("ort"),
              ours("ops"),
              ours("cuda"),
              ours("model"),
              ours("weights"),
              ours("sampling"));

  @ArchTest
  static final ArchRule textUsesTokenizersAndAJsonReader = only("text").uses("ai.djl..", JACKSON);

  @ArchTest
  static final ArchRule apiSeesTheEngineAndNothingBelowIt =
      noClasses()
          .that()
          .resideInAPackage(ours("api"))
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              ours("kv"),
              ours("runner"),
              ours("ops"),
              ours("ort"),
              ours("cuda"),
              ours("model"),
              ours("plan"),
              ours("weights"))
          .because("what the API needs of a model, the engine and the tokenizer tell it");

  @ArchTest
  static final ArchRule authServiceIsKnownAtTheDoorOnly =
      noClasses()
          .that()
          .resideOutsideOfPackages(ours("api.authorization"), ours("api.http"))
          .should()
          .dependOnClassesThat()
          .resideInAPackage(ours("api.authorization"))
          .because("everybody else asks api.account, whoever answers");

  @ArchTest
  static final ArchRule cacheServiceIsKnownInOneRoomOnly =
      noClasses()
          .that()
          .resideOutsideOfPackage(ours("api.cache"))
          .should()
          .dependOnClassesThat()
          .resideInAPackage(ours("api.cache"))
          .because("everybody else asks api.stream.Answers, whoever keeps them");

  @ArchTest
  static final ArchRule nativeFunctionsAreCalledFromOrtOpsAndCudaOnly =
      noClasses()
          .that()
          .resideOutsideOfPackages(ours("ort"), ours("ops"), ours("cuda"))
          .should()
          .dependOnClassesThat()
          .belongToAnyOf(Linker.class, SymbolLookup.class)
          .because(
              "a wrong signature ends the process: those signatures stay where they are read together");

  @ArchTest
  static final ArchRule tokenizersAreUsedByTextOnly =
      noClasses()
          .that()
          .resideOutsideOfPackage(ours("text"))
          .should()
          .dependOnClassesThat()
          .resideInAPackage("ai.djl..");

  @ArchTest
  static final ArchRule langChain4jIsUsedForEmbeddingsOnly =
      noClasses()
          .that()
          .resideOutsideOfPackage(ours("api.embeddings"))
          .should()
          .dependOnClassesThat()
          .resideInAPackage("dev.langchain4j..");

  @ArchTest
  static final ArchRule theJniClassesOfOnnxRuntimeAreNotUsed =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAPackage("ai.onnxruntime..")
          .because("its artifact is here for the native libraries; package ort binds them");

  private static String ours(String name) {
    return BASE + "." + name + "..";
  }

  private static Arrow only(String name) {
    return others -> {
      var allowed = Stream.concat(Stream.of(ours(name), "java..", "jdk.."), Stream.of(others));
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
