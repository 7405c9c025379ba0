package io.ironclaw.cli.doctor;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;

/** The programs that IronClaw calls. */
final class ToolsCheck implements Check {
  @Override
  public List<Finding> examine(HostView host) {
    var findings = new ArrayList<Finding>();
    for (var tool : List.of("setpriv", "setsid", "prlimit")) {
      findings.add(required(host, tool));
    }
    boolean built = hasImage(host);
    for (var tool :
        new String[][] {
          {"sqfstar", "squashfs-tools"},
          {"apt-get", "apt"},
          {"apt-cache", "apt"},
          {"dpkg-deb", "dpkg"},
          {"zstd", "zstd"},
        }) {
      findings.add(imageTool(host, tool[0], tool[1], built));
    }
    findings.add(
        optional(
            host, "gcc", "gcc", "only a build of IronClaw from its sources needs it: guest agent"));
    findings.add(
        optional(
            host,
            "bwrap",
            "bubblewrap",
            "this version's VMs run without it; it is for confining the hypervisor"));
    return findings;
  }

  private static Finding required(HostView host, String name) {
    return host.program(name)
        .map(program -> Finding.ok(name, program.toString()))
        .orElseGet(() ->
            Finding.problem(
                name,
                "not on PATH",
                "it makes a VM end with IronClaw, however that ends, keeps the terminal's keys from"
                    + " it, and bounds it",
                "sudo apt-get install util-linux"));
  }

  private static Finding imageTool(
      HostView host, String name, String debianPackage, boolean imageBuilt) {
    var program = host.program(name);
    if (program.isPresent()) {
      return Finding.ok(name, program.get().toString());
    }
    String fix = "sudo apt-get install " + debianPackage;
    return imageBuilt
        ? Finding.warning(
            name, "not on PATH", "images can't be built; the default image is there already", fix)
        : Finding.problem(
            name, "not on PATH", "the default image can't be built, and there is none yet", fix);
  }

  private static Finding optional(
      HostView host, String name, String debianPackage, String meaning) {
    return host.program(name)
        .map(program -> Finding.ok(name, program.toString()))
        .orElseGet(() ->
            Finding.warning(name, "not on PATH", meaning, "sudo apt-get install " + debianPackage));
  }

  private static boolean hasImage(HostView host) {
    try (var manifests = Files.list(host.settings().cacheDir().resolve("manifests"))) {
      return manifests
          .map(file -> file.getFileName().toString())
          .anyMatch(name -> name.startsWith("rootfs-") && name.endsWith("-debian.manifest"));
    } catch (IOException _) {
      // No cache yet.
      return false;
    }
  }
}
