package io.ironclaw.cli.doctor;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The hypervisor, its version, and the machine type that we use of it. */
final class QemuCheck implements Check {
  private static final String PROGRAM = "qemu-system-x86_64";
  private static final String INSTALL = "sudo apt-get install qemu-system-x86";
  static final String WHAT = "QEMU";

  @Override
  public List<Finding> examine(HostView host) throws InterruptedException {
    var wanted = host.settings().drivers().qemu();
    if (wanted.isPresent() && !Files.isExecutable(wanted.get())) {
      return List.of(
          Finding.problem(
              WHAT,
              wanted.get() + " is no program",
              "no VM can run without a hypervisor",
              "unset IRONCLAW_QEMU, or set it to a " + PROGRAM));
    }
    Optional<Path> program = wanted.or(() -> host.program(PROGRAM));
    if (program.isEmpty()) {
      return List.of(
          Finding.problem(
              WHAT, PROGRAM + " is not on PATH", "no VM can run without a hypervisor", INSTALL));
    }
    return List.of(judge(host, program.get()));
  }

  private static Finding judge(HostView host, Path program) throws InterruptedException {
    String version =
        host.output(program.toString(), "--version")
            .flatMap(text -> text.lines().findFirst())
            .orElse("");
    if (!version.contains("QEMU emulator version")) {
      return Finding.problem(
          WHAT, program + " does not say its version", "it is no QEMU, or a broken one", INSTALL);
    }
    boolean microvm =
        host.output(program.toString(), "-machine", "help")
            .map(text -> text.lines().anyMatch(line -> line.startsWith("microvm ")))
            .orElse(false);
    return microvm
        ? Finding.ok(WHAT, program + ": " + version + ", with the machine microvm")
        : Finding.problem(
            WHAT,
            program + ": " + version + ", without the machine microvm",
            "VMs are of the machine type microvm",
            INSTALL);
  }
}
