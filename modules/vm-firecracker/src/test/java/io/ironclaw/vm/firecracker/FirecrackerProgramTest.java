package io.ironclaw.vm.firecracker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.HypervisorMissingException;
import io.ironclaw.jail.seccomp.ThreadFilters;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FirecrackerProgramTest {
  @TempDir private Path temp;

  private Path says(String name, String text) throws Exception {
    Path program = Files.writeString(temp.resolve(name), "#!/bin/sh\necho '" + text + "'\n");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    return program;
  }

  private FirecrackerProgram find() throws Exception {
    return FirecrackerProgram.find(Optional.empty(), temp, "/nowhere", temp);
  }

  @Test
  void a_release_with_its_jailer_is_found() throws Exception {
    says("firecracker", "Firecracker v1.16.1");
    says("jailer", "Jailer v1.16.1");
    var found = find();
    assertThat(found.name()).isEqualTo("firecracker 1.16.1");
    assertThat(found.filters()).isEqualTo(ThreadFilters.Form.BITCODE);
    assertThat(found.jailer()).hasFileName("jailer");
  }

  @Test
  void names_of_releases_are_known() throws Exception {
    Path program = says("firecracker-v1.15.1-x86_64", "Firecracker v1.15.1");
    says("jailer-v1.15.1-x86_64", "Jailer v1.15.1");
    var found = FirecrackerProgram.find(Optional.of(program), Path.of("/none"), "", temp);
    assertThat(found.jailer()).hasFileName("jailer-v1.15.1-x86_64");
  }

  @ParameterizedTest
  @CsvSource({
    "Firecracker v1.15.0, Jailer v1.15.0, too old",
    "Firecracker v1.12.1, Jailer v1.12.1, too old",
    "Firecracker v1.17.0, Jailer v1.17.0, too new",
    "Firecracker v2.0.0, Jailer v2.0.0, too new",
    "Firecracker v1.16.1, Jailer v1.16.0, one release",
    "Firecracker v1.16.0-dev, Jailer v1.16.0-dev, no release",
    "something else, Jailer v1.16.0, no release of Firecracker",
    "Firecracker v1.16.1, something else, no release of jailer",
  })
  void others_are_refused_with_the_reason(String firecracker, String jailer, String why)
      throws Exception {
    says("firecracker", firecracker);
    says("jailer", jailer);
    assertThatThrownBy(this::find)
        .isInstanceOf(HypervisorMissingException.class)
        .hasMessageContaining(why)
        .hasMessageContaining("--install-firecracker");
  }

  @Test
  void none_and_none_without_its_jailer_is_refused() throws Exception {
    assertThatThrownBy(this::find).hasMessageContaining("firecracker is not on PATH");
    assertThatThrownBy(
            () -> FirecrackerProgram.find(Optional.of(Path.of("/no/such")), temp, "/usr/bin", temp))
        .hasMessageContaining("/no/such is no program");
    says("firecracker", "Firecracker v1.16.1");
    assertThatThrownBy(this::find).hasMessageContaining("no jailer");
  }

  @Test
  void filters_are_written_as_the_version_reads_them() throws Exception {
    says("firecracker", "Firecracker v1.14.9");
    says("jailer", "Jailer v1.14.9");
    var old = FirecrackerProgram.find(Optional.empty(), temp, "", new Version(1, 12, 0));
    assertThat(old.filters()).isEqualTo(ThreadFilters.Form.BINCODE);
  }

  @Test
  void programs_are_asked_once_until_they_change() throws Exception {
    says("firecracker", "Firecracker v1.16.1");
    says("jailer", "Jailer v1.16.1");
    find();
    // It would say so now, and nobody asks.
    var time = Files.getLastModifiedTime(temp.resolve("jailer"));
    says("jailer", "Jailer v1.16.2");
    Files.setLastModifiedTime(temp.resolve("jailer"), time);
    assertThat(find().name()).isEqualTo("firecracker 1.16.1");
    says("jailer", "Jailer v1.16.3  ");
    assertThatThrownBy(this::find).hasMessageContaining("one release");
  }
}
