package io.ironclaw;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/** What has to hold across the modules; core's own rules are in its ArchitectureTest. */
class ModulesTest {
  private static final JavaClasses ALL =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.ironclaw");

  @Test
  void only_the_sandbox_knows_the_QEMU_driver() {
    noClasses()
        .that()
        .resideOutsideOfPackages("io.ironclaw.vm.qemu..", "io.ironclaw.sandbox..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.ironclaw.vm.qemu..")
        .check(ALL);
  }

  @Test
  void front_ends_use_neither_foreign_functions_nor_the_JDK_logger() {
    noClasses()
        .that()
        .resideInAnyPackage("io.ironclaw.mcp..", "io.ironclaw.cli..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.lang.foreign", "java.util.logging..")
        .check(ALL);
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
