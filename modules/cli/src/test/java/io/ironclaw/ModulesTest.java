package io.ironclaw;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/**
 * What Maven can't say. Which room may use which is in their poms, and the compiler sees nothing
 * else; here is what holds within a room, and of what all of them may use of the JDK.
 */
class ModulesTest {
  private static final JavaClasses ALL =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.ironclaw");

  @Test
  void no_packages_depend_on_each_other_in_a_circle() {
    slices().matching("io.ironclaw.(**)").should().beFreeOfCycles().check(ALL);
  }

  @Test
  void the_public_API_uses_the_JDK_and_itself_only() {
    classes()
        .that()
        .resideInAPackage("io.ironclaw.api..")
        .should()
        .onlyDependOnClassesThat(
            resideInAnyPackage("io.ironclaw.api..", "java..", "org.jspecify.."))
        .check(ALL);
  }

  @Test
  void only_the_wiring_knows_the_QEMU_driver() {
    noClasses()
        .that()
        .resideOutsideOfPackages("io.ironclaw.vm.qemu..", "io.ironclaw.sandbox..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.ironclaw.vm.qemu..")
        .check(ALL);
  }

  @Test
  void only_the_wiring_knows_the_Firecracker_driver() {
    noClasses()
        .that()
        .resideOutsideOfPackages("io.ironclaw.vm.firecracker..", "io.ironclaw.sandbox..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.ironclaw.vm.firecracker..")
        .allowEmptyShould(true)
        .check(ALL);
  }

  @Test
  void foreign_memory_and_functions_are_used_in_one_package_only() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.ironclaw.host.ffi")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("java.lang.foreign")
        .check(ALL);
  }

  @Test
  void nothing_logs_to_the_JDK_logger() {
    noClasses().should().dependOnClassesThat(resideInAPackage("java.util.logging..")).check(ALL);
  }

  @Test
  void every_package_says_that_it_has_no_nulls() {
    assertThat(ALL)
        .extracting(type -> type.getPackage())
        .isNotEmpty()
        .allSatisfy(tested ->
            assertThat(tested.tryGetAnnotationOfType(NullMarked.class))
                .as("@NullMarked in package-info.java of %s", tested.getName())
                .isPresent());
  }
}
