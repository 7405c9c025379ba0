package io.ironclaw.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** Whole processes: other sandboxes, and IronClaw's own command line. */
final class HostProbes {
  /** How gVisor's {@code runsc do} is run: as the system allows it, with the least work. */
  static final List<String> RUNSC =
      List.of("runsc", "-ignore-cgroups", "-network=none", "do", "/bin/true");

  static final List<String> BWRAP =
      List.of(
          "bwrap",
          "--unshare-all",
          "--die-with-parent",
          "--ro-bind",
          "/",
          "/",
          "--dev",
          "/dev",
          "--proc",
          "/proc",
          "/bin/true");

  private static final int DEADLINE_SECONDS = 60;
  private static final Pattern TIMING = Pattern.compile("\"([a-z_]+)_ms\":([0-9.]+)");

  private HostProbes() {}

  /** Whether a program is on PATH. */
  static boolean installed(String program) {
    var path = Optional.ofNullable(System.getenv("PATH")).orElse("");
    return Arrays.stream(path.split(":", -1))
        .anyMatch(dir -> !dir.isEmpty() && Files.isExecutable(Path.of(dir, program)));
  }

  /** Start to exit status 0, in ms. */
  static double wall(List<String> argv) throws IOException, InterruptedException {
    return timed(argv, Map.of()).millis();
  }

  private record Run(double millis, String stderr) {}

  private static Run timed(List<String> argv, Map<String, String> env)
      throws IOException, InterruptedException {
    var builder =
        new ProcessBuilder(argv)
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .redirectOutput(ProcessBuilder.Redirect.DISCARD);
    builder.environment().putAll(env);
    long start = System.nanoTime();
    var process = builder.start();
    var watchdog =
        Thread.ofVirtual()
            .start(() -> {
              try {
                if (!process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)) {
                  process.destroyForcibly();
                }
              } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
              }
            });
    String stderr;
    try (var err = process.getErrorStream()) {
      stderr = new String(err.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    }
    int status = process.waitFor();
    double millis = Lab.millisSince(start);
    watchdog.interrupt();
    if (status != 0) {
      throw new IOException(
          String.join(" ", argv) + " ended with " + status + ": " + stderr.strip());
    }
    return new Run(millis, stderr);
  }

  /**
   * {@code ironclaw exec -- true}, the whole process, and what it says of itself with
   * IRONCLAW_TIMING=1: a line of JSON with milliseconds. It knows its start to 10 ms only.
   */
  static void cli(Path launcher, Results results) throws IOException, InterruptedException {
    var argv = List.of(launcher.toString(), "exec", "--", "true");
    var run = timed(argv, Map.of("IRONCLAW_TIMING", "1"));
    results.add("cli_ms", run.millis());
    var line = run.stderr().lines().filter(l -> l.startsWith("{\"start_to_main_ms\"")).findFirst();
    if (line.isEmpty()) {
      results.skip("cli_jvm_ms", "the command line printed no timing");
      return;
    }
    var parts = new HashMap<String, Double>();
    var matcher = TIMING.matcher(line.get());
    while (matcher.find()) {
      parts.put(matcher.group(1), Double.valueOf(matcher.group(2)));
    }
    double main = parts.getOrDefault("start_to_main", 0.0);
    double request = parts.getOrDefault("main_to_request", 0.0);
    results.add("cli_jvm_ms", main + request);
    results.add("cli_restore_ms", parts.getOrDefault("vm_ready", 0.0));
    results.add("cli_exec_ms", parts.getOrDefault("exec", 0.0));
    results.add("cli_cleanup_ms", parts.getOrDefault("cleanup", 0.0));
    results.add("cli_exit_ms", run.millis() - parts.getOrDefault("total", 0.0));
  }
}
