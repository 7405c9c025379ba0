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
    for (var tool : List.of("setpriv", "setsid")) {
      findings.add(
          look(
              host,
              tool,
              "util-linux",
              true,
              "it makes a VM end with IronClaw, however that ends, and keeps the terminal's keys"
                  + " from it"));
    }
    boolean built = hasImage(host);
    var meaning =
        built
            ? "images can't be built; the default image is there already"
            : "the default image can't be built, and there is none yet";
    for (var tool :
        new String[][] {
          {"sqfstar", "squashfs-tools"},
          {"apt-get", "apt"},
          {"apt-cache", "apt"},
          {"dpkg-deb", "dpkg"},
          {"zstd", "zstd"},
        }) {
      findings.add(look(host, tool[0], tool[1], !built, meaning));
    }
    var gcc = "only a build of IronClaw from its sources needs it: guest agent";
    findings.add(look(host, "gcc", "gcc", false, gcc));
    return findings;
  }

  private static Finding look(
      HostView host, String name, String debianPackage, boolean needed, String meaning) {
    String fix = "sudo apt-get install " + debianPackage;
    return host.program(name)
        .map(program -> Finding.ok(name, program.toString()))
        .orElseGet(() ->
            needed
                ? Finding.problem(name, "not on PATH", meaning, fix)
                : Finding.warning(name, "not on PATH", meaning, fix));
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
