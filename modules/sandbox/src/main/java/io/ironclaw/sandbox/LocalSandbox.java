package io.ironclaw.sandbox;

import io.ironclaw.api.Event;
import io.ironclaw.api.EventSink;
import io.ironclaw.api.ExecOutcome;
import io.ironclaw.api.ExecSpec;
import io.ironclaw.api.Execution;
import io.ironclaw.api.FileEntry;
import io.ironclaw.api.FileStat;
import io.ironclaw.api.GuestException;
import io.ironclaw.api.GuestInterruptedException;
import io.ironclaw.api.GuestRefusedException;
import io.ironclaw.api.HostException;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.IsolationProof;
import io.ironclaw.api.Network;
import io.ironclaw.api.NetworkDenial;
import io.ironclaw.api.NetworkReport;
import io.ironclaw.api.Printable;
import io.ironclaw.api.ProofException;
import io.ironclaw.api.ProofItem;
import io.ironclaw.api.Sandbox;
import io.ironclaw.api.SandboxSpec;
import io.ironclaw.api.Seccomp;
import io.ironclaw.api.Secrets;
import io.ironclaw.api.SpawnReport;
import io.ironclaw.api.Verdict;
import io.ironclaw.api.VmDiedException;
import io.ironclaw.api.VmId;
import io.ironclaw.guest.ExecRequest;
import io.ironclaw.guest.FileListing;
import io.ironclaw.guest.GuestAgent;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.jail.KernelLog;
import io.ironclaw.jail.SeccompRecord;
import io.ironclaw.network.Slot;
import io.ironclaw.vm.CommandFilters;
import io.ironclaw.vm.Machine;
import io.ironclaw.vm.Ready;
import io.ironclaw.vm.VmDir;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** A sandbox around one machine. */
final class LocalSandbox implements Sandbox {
  private static final Duration EXIT_PATIENCE = Duration.ofMillis(500);
  private static final Map<String, String> DEFAULT_ENV =
      Map.of(
          "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
          "SHELL", "/bin/sh",
          "LANG", "C.UTF-8");

  /** The user of the image besides root. */
  private static final int USER = 1_000;

  private final SandboxSpec spec;
  private final Machine machine;
  private final ProofKeeper proofs;
  private final CommandFilters filters;
  private final Parts parts;
  private final SpawnReport spawn;
  private final EventSink events;
  private final Consumer<LocalSandbox> onClose;
  private volatile List<Desk> desks = List.of();
  private final AtomicBoolean closed = new AtomicBoolean();
  private final AtomicBoolean died = new AtomicBoolean();
  private final AtomicBoolean violated = new AtomicBoolean();
  private volatile Optional<KernelLog> kernelLog = Optional.empty();
  private final AtomicLong commands = new AtomicLong();

  /**
   * What a machine has besides itself; removed after it.
   *
   * @param network empty = it has no network device
   */
  record Parts(VmDir dir, Optional<Slot> network) implements AutoCloseable {
    @Override
    public void close() {
      network.ifPresent(Slot::close);
      try {
        dir.close();
      } catch (IOException _) {
        // A folder that can't be removed is swept by the next start.
      }
    }
  }

  LocalSandbox(
      Ready ready,
      ProofKeeper proofs,
      CommandFilters filters,
      Parts parts,
      SpawnReport spawn,
      EventSink events,
      Consumer<LocalSandbox> onClose) {
    this.spec = ready.candidate().request().spec();
    this.machine = ready.machine();
    this.proofs = proofs;
    this.filters = filters;
    this.parts = parts;
    this.spawn = spawn;
    this.events = events;
    this.onClose = onClose;
  }

  @Override
  public VmId id() {
    return spec.id();
  }

  @Override
  public SpawnReport spawn() {
    return spawn;
  }

  /** The proof is filed, and given to whoever asks for it from outside; its network is watched. */
  void begin() throws HostException {
    proofs.begin(this::proof);
    followKernel();
    if (parts.network().isPresent()) {
      var network = parts.network().get();
      if (spec.network() instanceof Network.Tap tap) {
        events.publish(new Event.NetworkOpened(id(), tap));
      }
      network.begin(
          denial -> events.publish(new Event.NetworkDenied(id(), denial)), () -> look(network));
      try {
        desks =
            NetworkDesk.open(
                parts.dir().path(),
                network::report,
                user -> events.publish(new Event.Asked(id(), "network", user)));
      } catch (IOException e) {
        throw new HostException(
            "nobody could ask for the network of VM " + id() + ": " + PrivateDir.reason(e), e);
      }
    }
  }

  /** Something of its network has changed; if that was not our doing, this is its end. */
  private void look(Slot network) {
    if (closed.get()) {
      return;
    }
    try {
      for (var reading : network.again()) {
        if (reading.verdict() == Verdict.FAILED) {
          lost(reading.item(), reading.text().get());
          return;
        }
      }
    } catch (HostException e) {
      lost(ProofItem.FIREWALL_RULES, String.valueOf(e.getMessage()));
    }
  }

  private void lost(ProofItem item, String evidence) {
    if (!closed.get()) {
      events.publish(new Event.IsolationLost(id(), item, evidence));
      close();
    }
  }

  @Override
  public List<NetworkDenial> denials() {
    return parts.network().map(Slot::denied).orElse(List.of());
  }

  @Override
  public Optional<NetworkReport> network() throws IronClawException {
    return parts.network().isPresent()
        ? Optional.of(parts.network().get().report())
        : Optional.empty();
  }

  @Override
  public IsolationProof handOutProof() throws IronClawException {
    return proofs.handOut();
  }

  @Override
  public IsolationProof proof() throws IronClawException {
    if (!isOpen()) {
      throw new VmDiedException("VM " + id() + " is closed: nothing isolates it any more");
    }
    try {
      return proofs.again();
    } catch (ProofException e) {
      if (!isOpen()) {
        // It has died meanwhile, and that is all that was found.
        throw new VmDiedException("VM " + id() + " ended while its proof was made", e);
      }
      events.publish(new Event.IsolationLost(id(), e.item(), e.evidence()));
      close();
      throw e;
    }
  }

  @Override
  public boolean isOpen() {
    return !closed.get() && machine.agent().isOpen();
  }

  @Override
  public Execution start(ExecSpec exec) throws IronClawException {
    var secrets = secrets(exec);
    secrets.forEach(name -> events.secret(String.valueOf(exec.env().get(name))));
    var account = ExecAccount.begin(id(), commands.incrementAndGet(), exec, secrets, events);
    try {
      events.requireEntered();
      return new LocalExecution(this, machine.agent().exec(request(exec)), account);
    } catch (GuestException e) {
      throw account.failed(explain(e));
    } catch (HostException e) {
      throw account.failed(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw account.failed(
          new HostException(
              "interrupted while starting a command in VM " + id() + "; the command was killed",
              e));
    }
  }

  /** The variables that were said to be secret, and those whose names say it. */
  private static Set<String> secrets(ExecSpec exec) {
    var names = new TreeSet<>(exec.secrets());
    exec.env()
        .forEach((name, value) -> {
          if (value.length() >= Secrets.SHORTEST && Secrets.isNamed(name)) {
            names.add(name);
          }
        });
    return names;
  }

  private ExecRequest request(ExecSpec exec) throws HostException {
    var env = new TreeMap<>(DEFAULT_ENV);
    env.putAll(
        switch (exec.uid()) {
          case 0 -> Map.of("HOME", "/root", "USER", "root", "LOGNAME", "root");
          case USER -> Map.of("HOME", "/home/user", "USER", "user", "LOGNAME", "user");
          // Nobody's home: what such a user can write to.
          default -> Map.of("HOME", "/tmp");
        });
    exec.terminal().ifPresent(_ -> env.put("TERM", "xterm-256color"));
    env.putAll(exec.env());
    var lines = new ArrayList<String>();
    env.forEach((name, value) -> lines.add(name + "=" + value));
    return new ExecRequest(
        exec.argv(),
        lines,
        exec.cwd().orElse(""),
        exec.uid(),
        exec.uid(),
        exec.timeout().orElse(spec.limits().time()).toMillis(),
        exec.stdin(),
        exec.terminal().map(t -> new ExecRequest.Terminal(t.rows(), t.columns())),
        filters.of(exec.seccomp()));
  }

  @Override
  public FileStat readFile(String path, long offset, long most, OutputStream to)
      throws IronClawException, IOException {
    try (var account = FileAccount.out(id(), path, to, events)) {
      events.requireEntered();
      try {
        return account.done(stat(machine.agent().readFile(path, offset, most, account.to())));
      } catch (GuestException e) {
        throw account.failed(explain(e));
      } catch (IOException e) {
        if (e.getCause() instanceof GuestException g) {
          throw account.failed(explain(g));
        }
        // The caller's own stream: its error stays what it is.
        throw account.failed(e);
      }
    }
  }

  @Override
  public FileStat writeFile(String path, int mode, boolean createParents, InputStream from)
      throws IronClawException, IOException {
    try (var account = FileAccount.in(id(), path, from, events)) {
      events.requireEntered();
      try {
        return account.done(
            stat(machine.agent().writeFile(path, mode, createParents, account.from())));
      } catch (GuestException e) {
        throw account.failed(explain(e));
      } catch (IOException e) {
        if (e.getCause() instanceof GuestException g) {
          throw account.failed(explain(g));
        }
        // The caller's own stream: its error stays what it is.
        throw account.failed(e);
      }
    }
  }

  private static FileStat stat(GuestAgent.FileResult result) {
    return new FileStat(result.size(), result.mode(), result.modifiedNanos());
  }

  @Override
  public Listing listFiles(String path, int most) throws IronClawException {
    if (most < 1 || most > 65_536) {
      throw new IllegalArgumentException("list at most " + most + " entries: use 1 to 65536");
    }
    try {
      var listing = machine.agent().listFiles(path, most);
      return new Listing(
          listing.entries().stream().map(LocalSandbox::entry).toList(), listing.total());
    } catch (GuestException e) {
      throw explain(e);
    } catch (IOException e) {
      throw explain(e);
    }
  }

  private static FileEntry entry(FileListing.Entry e) {
    return new FileEntry(e.kind(), e.mode(), e.size(), e.modifiedNanos(), e.name(), e.target());
  }

  /** What the filter of a command has refused to it is news. */
  void refused(List<ExecOutcome.Refused> refused, boolean more) {
    if (!refused.isEmpty()) {
      events.publish(new Event.CommandRefused(id(), refused, more));
    }
  }

  /** Says of a broken connection what became of the VM. */
  IronClawException explain(IOException e) {
    return e.getCause() instanceof GuestException g
        ? explain(g)
        : new VmDiedException("VM " + id() + " can't be reached: " + e, e);
  }

  /** Says of a broken connection what became of the VM; a refusal is passed on as it is. */
  IronClawException explain(GuestException e) {
    if (e instanceof GuestRefusedException || e instanceof GuestInterruptedException) {
      return e;
    }
    if (closed.get()) {
      return new VmDiedException("VM " + id() + " was closed", e);
    }
    var why = new StringBuilder(String.valueOf(e.getMessage()));
    try {
      var exit = machine.awaitExit(EXIT_PATIENCE);
      exit.ifPresent(status -> {
        why.append("; the hypervisor ")
            .append(machine.causeOfDeath(status).orElse("ended with status " + status));
        machine.violation(status).ifPresent(this::violated);
      });
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    died(why.toString());
    why.insert(0, "VM " + id() + " died: ");
    String tail = machine.consoleTail();
    if (!tail.isEmpty()) {
      why.append("; its console said last:\n").append(tail);
    }
    return new VmDiedException(why.toString(), e);
  }

  /** Of the one that has ended it, once; of each that is only noted. */
  private void violated(SeccompRecord record) {
    if (record.signal() == 0 || violated.compareAndSet(false, true)) {
      events.publish(
          new Event.HypervisorViolation(id(), record.callText(), record.thread(), record.action()));
    }
  }

  /** Where the hypervisor's filter notes and lets pass, the kernel's log is all that tells. */
  private void followKernel() {
    if (spawn.seccomp() != Seccomp.LEARNING) {
      return;
    }
    try {
      long pid = machine.pid();
      var since = Instant.now().minus(spawn.total());
      kernelLog =
          KernelLog.follow(record -> {
            if (record.pid() == pid && record.signal() == 0 && !record.at().isBefore(since)) {
              violated(record);
            }
          });
    } catch (HostException _) {
      // It has ended already: whoever uses it next is told.
    }
  }

  private void died(String why) {
    if (died.compareAndSet(false, true)) {
      events.publish(new Event.VmDied(id(), events.masked(Printable.line(why))));
    }
  }

  /** Whoever closes a VM that has died meanwhile may be the first to look. */
  private void lookWhetherDied() {
    try {
      var status = machine.awaitExit(Duration.ZERO);
      if (status.isPresent()) {
        machine.violation(status.getAsInt()).ifPresent(this::violated);
        died(
            "the hypervisor "
                + machine
                    .causeOfDeath(status.getAsInt())
                    .orElse("ended with status " + status.getAsInt()));
      }
    } catch (InterruptedException _) {
      // The caller's; what it was to end ends below.
      Thread.currentThread().interrupt();
    }
  }

  private void tellNetwork() {
    parts
        .network()
        .ifPresent(slot -> {
          try {
            events.publish(new Event.NetworkUsed(id(), slot.report()));
          } catch (HostException e) {
            events.publish(
                new Event.LeftBehind(
                    "not known is what the network of VM " + id() + " did",
                    String.valueOf(e.getMessage())));
          }
        });
  }

  @Override
  public String consoleTail() {
    return machine.consoleTail();
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    proofs.close();
    desks.forEach(Desk::close);
    lookWhetherDied();
    tellNetwork();
    machine.close();
    kernelLog.ifPresent(KernelLog::close);
    parts.close();
    onClose.accept(this);
    events.publish(new Event.SandboxClosed(id()));
  }
}
