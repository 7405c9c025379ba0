package io.ironclaw;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/**
 * Which package may use which. The module boundaries (core, mcp, cli, benchmarks) are Maven's; what
 * has to hold across them is tested in the cli module.
 */
class ArchitectureTest {
  private static final JavaClasses CORE =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.ironclaw");

  @Test
  void dependencies_point_only_downwards() {
    layeredArchitecture()
        .consideringOnlyDependenciesInAnyPackage("io.ironclaw..")
        .layer("host")
        .definedBy("io.ironclaw.host..")
        .layer("guest")
        .definedBy("io.ironclaw.guest..")
        .layer("image")
        .definedBy("io.ironclaw.image..")
        .layer("vm")
        .definedBy("io.ironclaw.vm")
        .layer("vm.qemu")
        .definedBy("io.ironclaw.vm.qemu..")
        .layer("sandbox")
        .definedBy("io.ironclaw.sandbox..")
        .whereLayer("host")
        .mayNotAccessAnyLayer()
        .whereLayer("guest")
        .mayOnlyAccessLayers("host")
        .whereLayer("image")
        .mayOnlyAccessLayers("host")
        .whereLayer("vm")
        .mayOnlyAccessLayers("host", "guest", "image")
        .whereLayer("vm.qemu")
        .mayOnlyAccessLayers("host", "guest", "image", "vm")
        .whereLayer("sandbox")
        .mayNotBeAccessedByAnyLayer()
        .ensureAllClassesAreContainedInArchitecture()
        .check(CORE);
  }

  @Test
  void no_packages_depend_on_each_other_in_a_circle() {
    slices().matching("io.ironclaw.(**)").should().beFreeOfCycles().check(CORE);
  }

  @Test
  void foreign_memory_and_functions_are_used_in_one_package_only() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.ironclaw.host.ffi")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("java.lang.foreign")
        .check(CORE);
  }

  @Test
  void nothing_logs_to_the_JDK_logger() {
    noClasses().should().dependOnClassesThat(resideInAPackage("java.util.logging..")).check(CORE);
  }

  @Test
  void every_package_says_that_it_has_no_nulls() {
    assertThat(CORE)
        .extracting(type -> type.getPackage())
        .isNotEmpty()
        .allSatisfy(ArchitectureTest::isNullMarked);
  }

  private static void isNullMarked(JavaPackage tested) {
    assertThat(tested.tryGetAnnotationOfType(NullMarked.class))
        .as("@NullMarked in package-info.java of %s", tested.getName())
        .isPresent();
  }
}
