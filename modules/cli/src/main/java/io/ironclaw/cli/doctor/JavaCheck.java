package io.ironclaw.cli.doctor;

import java.util.List;

/** The Java that runs this, and the processor that it runs on. */
final class JavaCheck implements Check {
  private static final int WANTED = 25;

  @Override
  public List<Finding> examine(HostView host) {
    var version = Runtime.version();
    var java =
        version.feature() >= WANTED
            ? Finding.ok("Java", version.toString())
            : Finding.problem(
                "Java",
                version.toString(),
                "IronClaw needs Java " + WANTED + " or newer",
                "install a JDK " + WANTED + " and set JAVA_HOME to its folder");
    String arch = System.getProperty("os.arch", "?");
    String system = System.getProperty("os.name", "?");
    var machine =
        arch.equals("amd64") && system.equals("Linux")
            ? Finding.ok("machine", system + " on " + arch)
            : Finding.problem(
                "machine",
                system + " on " + arch,
                "this version runs on Linux on x86-64 only",
                "use such a machine");
    return List.of(java, machine);
  }
}
