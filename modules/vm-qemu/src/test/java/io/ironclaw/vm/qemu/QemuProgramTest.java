package io.ironclaw.vm.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.HypervisorMissingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class QemuProgramTest {
  private static final String FIX = "apt-get install qemu-system-x86";
  private static final String VERSION =
      "echo 'QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7)'\n";
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  @TempDir Path dir;

  private Path script(String body) throws IOException {
    return script(dir.resolve("qemu"), body);
  }

  private static Path script(Path file, String body) throws IOException {
    // Moved into place: a program that is open for writing can't be started (ETXTBSY).
    Path fresh = file.resolveSibling("fresh");
    Files.writeString(fresh, "#!/bin/sh\n" + body);
    Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rwxr-xr-x"));
    return Files.move(fresh, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
  }

  private QemuProgram find(Path program) throws HypervisorMissingException {
    return find(program, PATIENCE);
  }

  private QemuProgram find(Path program, Duration patience) throws HypervisorMissingException {
    return QemuProgram.find(Optional.of(program), "", dir.resolve("cache"), patience);
  }

  @Test
  void the_version_is_asked_once_until_the_program_changes() throws Exception {
    Path calls = dir.resolve("calls");
    String count = "echo x >>" + calls + "\n";
    var first = find(script(count + VERSION));
    assertThat(first.version()).isEqualTo("7.2.22");
    assertThat(find(first.path())).isEqualTo(first);
    assertThat(Files.readAllLines(calls)).hasSize(1);
    var updated = find(script(count + "echo QEMU emulator version 10.0.2\n"));
    assertThat(updated.version()).isEqualTo("10.0.2");
    assertThat(updated.stamp()).isNotEqualTo(first.stamp());
    assertThat(Files.readAllLines(calls)).hasSize(2);
  }

  @Test
  void a_program_that_is_no_qemu_is_refused_with_what_it_says() throws Exception {
    for (var says : List.of("hello", "QEMU emulator version unknown", "")) {
      Path program = script("echo '" + says + "'; exit 0");
      assertThatThrownBy(() -> find(program))
          .isInstanceOf(HypervisorMissingException.class)
          .hasMessageContaining("is no QEMU: it says \"" + says + "\"")
          .hasMessageContaining(FIX);
    }
  }

  @Test
  void garbage_is_shown_short_and_printable() throws Exception {
    Path program =
        script("printf '\\033]0;owned\\007\\000'; head -c 3000 /dev/urandom | tr -d '\\n'");
    assertThatThrownBy(() -> find(program))
        .hasMessageContaining("is no QEMU")
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(400 + dir.toString().length()))
        .message()
        .doesNotContainPattern("\\p{Cntrl}");
  }

  @Test
  void a_flood_of_output_is_not_waited_for() throws Exception {
    Path program = script("exec yes");
    assertThatThrownBy(() -> find(program, Duration.ofSeconds(25)))
        .hasMessageContaining("is no QEMU: it says \"y\"");
  }

  @Test
  void a_program_that_hangs_is_given_up_and_ended_with_its_children() throws Exception {
    Path pids = dir.resolve("pids");
    Path program =
        script("echo $$ >" + pids + "; sleep 1000 & echo $! >>" + pids + "; " + VERSION + "wait");
    assertThatThrownBy(() -> find(program, Duration.ofSeconds(1)))
        .isInstanceOf(HypervisorMissingException.class)
        .hasMessageContaining("--version does not end");
    for (var pid : Files.readAllLines(pids)) {
      var process = ProcessHandle.of(Long.parseLong(pid));
      if (process.isPresent()) {
        process.get().onExit().get(5, TimeUnit.SECONDS);
      }
    }
    assertThat(dir.resolve("cache/qemu-version")).doesNotExist();
  }

  @Test
  void a_file_that_can_not_be_run_is_refused() throws Exception {
    Path data = Files.writeString(dir.resolve("data"), "x");
    Path folder = Files.createDirectory(dir.resolve("folder"));
    for (var wanted : List.of(data, folder, dir.resolve("missing"))) {
      assertThatThrownBy(() -> find(wanted))
          .isInstanceOf(HypervisorMissingException.class)
          .hasMessageContaining("no QEMU: " + wanted + " is no program")
          .hasMessageContaining(FIX);
    }
  }

  @Test
  void no_qemu_on_the_path_is_told_with_the_fix() {
    for (var path : List.of("", ":", "/no/such:" + dir)) {
      assertThatThrownBy(() -> QemuProgram.find(Optional.empty(), path, dir.resolve("cache")))
          .isInstanceOf(HypervisorMissingException.class)
          .hasMessageContaining("qemu-system-x86_64 is not on PATH")
          .hasMessageContaining(FIX);
    }
  }

  @Test
  void a_folder_of_that_name_on_the_path_is_passed_over() throws Exception {
    Path decoy = Files.createDirectory(dir.resolve("decoy"));
    Files.createDirectory(decoy.resolve("qemu-system-x86_64"));
    Path real = Files.createDirectory(dir.resolve("real"));
    Path program = script(real.resolve("qemu-system-x86_64"), VERSION);
    assertThat(QemuProgram.find(Optional.empty(), decoy + ":" + real, dir.resolve("cache")).path())
        .isEqualTo(program);
  }
}
