package io.ironclaw.bench;

import io.ironclaw.api.Event;
import io.ironclaw.api.ExecSpec;
import io.ironclaw.api.Execution;
import io.ironclaw.api.IronClaw;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.Jail;
import io.ironclaw.api.Network;
import io.ironclaw.api.Sandbox;
import io.ironclaw.api.SandboxSpec;
import io.ironclaw.sandbox.LocalIronClaw;
import io.ironclaw.sandbox.Settings;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** What the probes share: IronClaw with templates and without, and a place for bare VMs. */
final class Lab implements AutoCloseable {
  private final Settings settings;
  private final IronClaw ironClaw;
  private final IronClaw coldIronClaw;
  private final IronClaw unjailedIronClaw;
  private final Path scratch;
  private final AtomicInteger nextDir = new AtomicInteger();

  private Lab(Settings settings, Path scratch) {
    this.settings = settings;
    this.scratch = scratch;
    this.ironClaw = LocalIronClaw.start(settings);
    this.coldIronClaw = LocalIronClaw.start(settings.withoutTemplates());
    this.unjailedIronClaw = LocalIronClaw.start(settings.with(Jail.NONE));
  }

  static Lab open(Settings settings, Consumer<String> progress) throws IOException {
    Path scratch = Files.createTempDirectory("ironclaw-bench");
    Leftovers.endWithUs(scratch);
    var lab = new Lab(settings, scratch);
    for (var each : List.of(lab.ironClaw, lab.coldIronClaw, lab.unjailedIronClaw)) {
      var _ = each.events().subscribe(Event.Notice.class, notice -> progress.accept(notice.text()));
    }
    return lab;
  }

  private static SandboxSpec spec() {
    return SandboxSpec.fresh();
  }

  Sandbox newClone() throws IronClawException {
    return ironClaw.open(spec());
  }

  /** With a network device; its namespace and rules were made ahead, from the third on. */
  Sandbox newNetworkClone(Network.Tap network) throws IronClawException {
    return ironClaw.open(spec().withNetwork(network));
  }

  /** With neither a jail nor a filter of ours. */
  Sandbox newUnjailedClone() throws IronClawException {
    return unjailedIronClaw.open(spec());
  }

  Sandbox newBoot() throws IronClawException {
    return coldIronClaw.open(spec());
  }

  /** An empty folder for a bare VM's sockets. */
  Path newDir() throws IOException {
    return Files.createDirectory(scratch.resolve("" + nextDir.incrementAndGet()));
  }

  /** The scratch layer that the floor's RENEW asks for: the same as IronClaw's. */
  static int scratchMib() {
    return SandboxSpec.fresh().scratchMib();
  }

  /** A bare clone's command line. */
  BareArguments bareClone() throws IOException, IronClawException {
    return bare(settings);
  }

  /** A bare boot's. */
  BareArguments bareBoot() throws IOException, IronClawException {
    return bare(settings.withoutTemplates());
  }

  /** The process of a sandbox's QEMU: ours, with the VM's name. */
  static long qemuPid(Sandbox sandbox) throws IOException {
    try (var children = ProcessHandle.current().descendants()) {
      return children
          .filter(c -> isQemu(c.pid(), sandbox.id().value()))
          .findFirst()
          .map(ProcessHandle::pid)
          .orElseThrow(() -> new IOException("no QEMU process for " + sandbox.id()));
    }
  }

  /** What waits for a jailed QEMU outside of its jail. */
  static long jailPid(long qemu) throws IOException {
    return ProcessHandle.of(qemu)
        .flatMap(ProcessHandle::parent)
        .map(ProcessHandle::pid)
        .orElseThrow(() -> new IOException("QEMU " + qemu + " has no parent"));
  }

  private static boolean isQemu(long pid, String id) {
    try {
      return Files.readSymbolicLink(Path.of("/proc", "" + pid, "exe"))
              .getFileName()
              .toString()
              .startsWith("qemu-system")
          && Files.readString(Path.of("/proc", "" + pid, "cmdline"))
              .contains("\0-name\0" + id + ",");
    } catch (IOException _) {
      // It ended meanwhile.
      return false;
    }
  }

  /** The arguments of a bare QEMU: those of a VM without a jail, whose folder shows its grants. */
  private static BareArguments bare(Settings settings) throws IOException, IronClawException {
    try (var ironClaw = LocalIronClaw.start(settings.with(Jail.NONE));
        var like = ironClaw.open(spec())) {
      Path folder = settings.runtimeDir().resolve(like.id().value());
      return BareArguments.of(qemuPid(like), folder);
    }
  }

  /** Runs a command to its end and throws its output away. */
  static void run(Sandbox sandbox, String... argv)
      throws IronClawException, IOException, InterruptedException {
    try (var execution = sandbox.start(ExecSpec.of(argv))) {
      execution.stdout().transferTo(OutputStream.nullOutputStream());
      requireSuccess(execution, argv[0]);
    }
  }

  static void requireSuccess(Execution execution, String what)
      throws IronClawException, IOException, InterruptedException {
    var outcome = execution.await();
    if (outcome.shellStatus() != 0) {
      throw new IOException(what + " in the guest ended with " + outcome);
    }
  }

  static double millisSince(long start) {
    return (System.nanoTime() - start) / 1e6;
  }

  static double secondsSince(long start) {
    return (System.nanoTime() - start) / (double) TimeUnit.SECONDS.toNanos(1);
  }

  @Override
  public void close() throws IOException {
    ironClaw.close();
    coldIronClaw.close();
    unjailedIronClaw.close();
    Leftovers.remove(scratch);
  }
}
