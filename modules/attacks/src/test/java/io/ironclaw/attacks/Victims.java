package io.ironclaw.attacks;

import io.ironclaw.api.ExecOutcome;
import io.ironclaw.api.ExecSpec;
import io.ironclaw.api.GuestSeccomp;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.Sandbox;
import io.ironclaw.sandbox.Settings;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;

/** Real VMs, from the user's own cache, and their hypervisors as an administrator finds them. */
public final class Victims {
  public static final Settings SETTINGS = Settings.fromEnvironment(System.getenv());

  private Victims() {}

  /** What a command printed and how it ended. */
  public record Result(String stdout, String stderr, ExecOutcome outcome) {}

  /** Runs a shell script as root of the guest. */
  public static Result sh(Sandbox sandbox, String script)
      throws IronClawException, InterruptedException {
    return run(sandbox, ExecSpec.of("/bin/sh", "-c", script));
  }

  public static Result run(Sandbox sandbox, ExecSpec spec)
      throws IronClawException, InterruptedException {
    // The attacker is root without a filter: what the filter would refuse is not what is tried.
    try (var execution = sandbox.start(spec.withSeccomp(GuestSeccomp.OFF))) {
      var out =
          CompletableFuture.supplyAsync(() -> text(execution.stdout()), Thread::startVirtualThread);
      var err =
          CompletableFuture.supplyAsync(() -> text(execution.stderr()), Thread::startVirtualThread);
      var outcome = execution.await();
      return new Result(out.join(), err.join(), outcome);
    }
  }

  private static String text(InputStream in) {
    try (in) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The hypervisor's process: it has the VM's name. */
  public static ProcessHandle hypervisor(Sandbox sandbox) {
    return ProcessHandle.current()
        .descendants()
        .filter(process -> isHypervisor(process.pid(), sandbox.id().value()))
        .findFirst()
        .orElseThrow();
  }

  private static boolean isHypervisor(long pid, String id) {
    try {
      var line = Files.readString(Path.of("/proc/" + pid + "/cmdline"));
      return line.startsWith("/usr/bin/qemu") && line.contains("\0-name\0" + id + ",");
    } catch (IOException e) {
      return false;
    }
  }

  /** The VM's folder on the host. */
  public static Path folder(Sandbox sandbox) {
    return SETTINGS.runtimeDir().resolve(sandbox.id().value());
  }

  public static void signal(String name, long pid) throws IOException, InterruptedException {
    int status = new ProcessBuilder("kill", "-" + name, "" + pid).inheritIO().start().waitFor();
    if (status != 0) {
      throw new IOException("kill ended with " + status);
    }
  }
}
