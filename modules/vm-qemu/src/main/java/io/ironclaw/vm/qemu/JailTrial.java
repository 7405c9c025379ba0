package io.ironclaw.vm.qemu;

import io.ironclaw.api.HostException;
import io.ironclaw.api.Printable;
import io.ironclaw.api.Seccomp;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.jail.GroupLimits;
import io.ironclaw.jail.Launcher;
import io.ironclaw.jail.ProcessLimits;
import io.ironclaw.jail.ProcessPlan;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Whether a jail can be made here, found out by making one: QEMU says its version in it. */
public final class JailTrial {
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final int MOST_OUTPUT = 4_096;
  private static final ProcessLimits LIMITS = new ProcessLimits(256, 0, 1 << 20, 1L << 30);
  private static final GroupLimits GROUP = new GroupLimits(1L << 30, 64, 1);

  private JailTrial() {}

  /**
   * Makes one.
   *
   * @param launcher not closed
   * @param stateDir where what was found out is kept
   * @param folder a private one
   * @throws HostException with the reason, if it can't be made
   */
  public static void run(
      QemuProgram program, Seccomp seccomp, Launcher launcher, Path stateDir, Path folder)
      throws HostException {
    var plan =
        new ProcessPlan(
            QemuRuntime.of(program, stateDir),
            List.of("--version"),
            Map.of("LC_ALL", "C"),
            folder,
            List.of(),
            Optional.empty(),
            LIMITS,
            GROUP,
            QemuSeccomp.plan(seccomp));
    var launched = launcher.launch(plan);
    try (var out = launched.process().getInputStream()) {
      var said = new String(out.readNBytes(MOST_OUTPUT), StandardCharsets.UTF_8);
      launched.settled();
      boolean ended = launched.awaitEnd(PATIENCE);
      if (!ended || launched.process().exitValue() != 0 || !said.contains("QEMU emulator")) {
        throw refusal(launched.refusal(said), said);
      }
    } catch (IOException e) {
      throw new HostException("what QEMU says in a jail can't be read: " + PrivateDir.reason(e), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HostException("interrupted while a jail was tried", e);
    } finally {
      launched.kill();
    }
  }

  private static HostException refusal(Optional<HostException> ofJail, String said) {
    return ofJail.orElseGet(
        () -> new HostException("QEMU does not run in a jail; it says: " + Printable.line(said)));
  }
}
