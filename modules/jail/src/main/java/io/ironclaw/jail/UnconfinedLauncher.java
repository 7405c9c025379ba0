package io.ironclaw.jail;

import io.ironclaw.api.HostException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;

/**
 * No jail: for whoever asked for none. Its processes are bounded and end with us, and have our
 * rights; what is granted is a link in their folder.
 */
public final class UnconfinedLauncher implements Launcher {
  private final LauncherThread thread = new LauncherThread();
  private final ControlGroups groups = ControlGroups.ofThisHost();

  @Override
  public Launched launch(ProcessPlan plan) throws HostException {
    return thread.start(plan.program(), () -> start(plan));
  }

  private Launched start(ProcessPlan plan) throws IOException, HostException {
    for (var grant : plan.grants()) {
      give(grant, plan.folder());
    }
    var argv = new ArrayList<String>();
    plan.tap().ifPresent(tap -> argv.addAll(tap.before()));
    argv.add(plan.program().toString());
    argv.addAll(plan.arguments());
    var group = groups.make(plan.group(), plan.folder());
    var forked =
        thread.fork(
            plan, Optional.empty(), group, plan.folder(), plan.environment(), argv, group::remove);
    return new Unconfined(forked.process(), plan.limits(), group, forked.cleared());
  }

  /** A start that is tried again finds the links of the one before. */
  private static void give(Grant grant, Path folder) throws IOException {
    switch (grant) {
      case Grant.ReadOnlyFile(String name, Path file) -> link(folder.resolve(name), file);
      case Grant.Sockets(String name, Path sockets) -> link(folder.resolve(name), sockets);
      case Grant.WritableFile(String name, Path file) -> {
        // A program that makes it itself would refuse to do so through a link.
        if (!Files.exists(file)) {
          Files.createFile(file);
        }
        link(folder.resolve(name), file);
      }
      case Grant.Device _ -> {
        // It is where it is.
      }
      case Grant.Listener _ -> {
        // The program makes it.
      }
      case Grant.Tap _ -> {
        // It comes as a descriptor.
      }
    }
  }

  private static void link(Path link, Path file) throws IOException {
    if (link.equals(file)) {
      return;
    }
    Files.deleteIfExists(link);
    Files.createSymbolicLink(link, file.toAbsolutePath());
  }

  @Override
  public void close() {
    thread.close();
  }

  private record Unconfined(
      Process process, ProcessLimits planned, ControlGroup group, CompletableFuture<Void> cleared)
      implements Launched {
    @Override
    public long pid() {
      return process.pid();
    }

    @Override
    public OptionalLong user() {
      return OptionalLong.empty();
    }

    @Override
    public void settled() {
      // Nothing was put up for its start.
    }

    @Override
    public Optional<HostException> refusal(String output) {
      return Optional.empty();
    }

    @Override
    public Optional<String> causeOfDeath(int status) {
      return Optional.empty();
    }

    @Override
    public void kill() {
      // Not the process itself, which would close the pipe that its last words are in.
      process.toHandle().destroyForcibly();
      group.kill();
    }

    @Override
    public boolean awaitEnd(Duration limit) throws InterruptedException {
      return Jailed.await(cleared, limit);
    }

    @Override
    public List<Reading> readings() throws HostException {
      var readings = new Readings();
      for (var item : JailReadings.ITEMS) {
        readings.add(
            Reading.absent(item, "no jail was asked for: the hypervisor has this user's rights"));
      }
      group.read(pid(), readings);
      readings.add(ProcessLimits.inForce(pid()).compared(planned));
      return readings.all();
    }
  }
}
