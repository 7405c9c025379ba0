package io.ironclaw.sandbox;

import io.ironclaw.api.Acceleration;
import io.ironclaw.api.Event;
import io.ironclaw.api.EventSink;
import io.ironclaw.api.HostException;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.Jail;
import io.ironclaw.api.Printable;
import io.ironclaw.api.ProofException;
import io.ironclaw.api.SandboxSpec;
import io.ironclaw.api.Seccomp;
import io.ironclaw.api.SpawnReport;
import io.ironclaw.api.VmException;
import io.ironclaw.api.VmId;
import io.ironclaw.api.VmStartException;
import io.ironclaw.image.BootImage;
import io.ironclaw.jail.seccomp.FilterCache;
import io.ironclaw.network.Slot;
import io.ironclaw.proof.Proof;
import io.ironclaw.vm.Admission;
import io.ironclaw.vm.BootSource;
import io.ironclaw.vm.CloneSource;
import io.ironclaw.vm.CommandFilters;
import io.ironclaw.vm.MachineId;
import io.ironclaw.vm.MachineNetwork;
import io.ironclaw.vm.MachineRequest;
import io.ironclaw.vm.MachineSource;
import io.ironclaw.vm.PhaseClock;
import io.ironclaw.vm.Readying;
import io.ironclaw.vm.TemplateStore;
import io.ironclaw.vm.VmDir;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Opens sandboxes over one hypervisor: asks the sources of machines in turn. For many threads. */
final class SandboxFactory implements AutoCloseable {
  private final Settings settings;
  private final Hypervisors.Chosen chosen;
  private final Proof proof;
  private final CommandFilters filters;
  private final EventSink events;
  private final LazyNetworks networks;
  private final MachineSource boot;
  private final List<MachineSource> sources;
  private volatile boolean closed;

  SandboxFactory(Settings settings, Hypervisors.Chosen chosen, Proof proof, EventSink events) {
    this.settings = settings;
    this.chosen = chosen;
    this.events = events;
    this.proof = proof;
    networks = new LazyNetworks(settings);
    filters = new CommandFilters(new FilterCache(settings.stateDir().resolve("seccomp")));
    var hypervisor = chosen.hypervisor();
    var virtualization =
        new Admission.Virtualization(hypervisor.acceleration(), chosen.downgrade());
    var readying = new Readying(proof, virtualization);
    var templates = new TemplateStore(settings.stateDir().resolve("templates"), hypervisor, events);
    templates.clearAbandoned();
    boot = new BootSource(hypervisor, readying, events);
    var clone = new CloneSource(hypervisor, templates, readying, events, () -> closed);
    sources = settings.templates() ? List.of(clone, boot) : List.of(boot);
  }

  LocalSandbox open(SandboxSpec spec, BootImage image, Consumer<LocalSandbox> onClose)
      throws IronClawException {
    return open(spec, image, sources, onClose);
  }

  /** A VM of an image that is used once: no template is made of it. */
  LocalSandbox openCold(SandboxSpec spec, BootImage image, Consumer<LocalSandbox> onClose)
      throws IronClawException {
    return open(spec, image, List.of(boot), onClose);
  }

  private LocalSandbox open(
      SandboxSpec spec, BootImage image, List<MachineSource> asked, Consumer<LocalSandbox> onClose)
      throws IronClawException {
    requireMemory(spec);
    var clock = new PhaseClock();
    var id = MachineId.of(spec.id());
    var network = networks.of(spec.network());
    if (network.isPresent()) {
      clock.end("network");
    }
    var parts = new LocalSandbox.Parts(folder(id, network), network);
    try {
      var request =
          new MachineRequest(
              id, spec, image, parts.dir().path(), network.map(slot -> (MachineNetwork) slot));
      var sandbox = open(request, asked, parts, clock, onClose);
      events.publish(new Event.SandboxOpened(sandbox.spawn()));
      begin(sandbox);
      return sandbox;
    } catch (IronClawException e) {
      parts.close();
      refused(spec.id(), e);
      throw e;
    } catch (RuntimeException e) {
      parts.close();
      throw e;
    }
  }

  private void refused(VmId id, IronClawException e) {
    events.publish(
        e instanceof ProofException failed
            ? new Event.VmRefused(id, Optional.of(failed.item()), Printable.line(failed.evidence()))
            : new Event.VmRefused(
                id,
                Optional.empty(),
                events.masked(Printable.line(String.valueOf(e.getMessage())))));
  }

  private VmDir folder(MachineId id, Optional<Slot> network) throws HostException {
    boolean made = false;
    try {
      var dir = VmDir.create(settings.runtimeDir(), id);
      made = true;
      return dir;
    } finally {
      if (!made) {
        network.ifPresent(Slot::close);
      }
    }
  }

  /** With no thread to be had for it, there is no VM. */
  private static void begin(LocalSandbox sandbox) throws HostException {
    boolean begun = false;
    try {
      sandbox.begin();
      begun = true;
    } finally {
      if (!begun) {
        sandbox.close();
      }
    }
  }

  private LocalSandbox open(
      MachineRequest request,
      List<MachineSource> asked,
      LocalSandbox.Parts parts,
      PhaseClock clock,
      Consumer<LocalSandbox> onClose)
      throws VmException, HostException {
    for (var source : asked) {
      var ready = source.open(request, clock);
      if (ready.isPresent()) {
        var report =
            new SpawnReport(
                request.spec().id(),
                source.how(),
                chosen.hypervisor().name(),
                chosen.hypervisor().acceleration(),
                chosen.downgrade(),
                chosen.jail(),
                settings.seccompInForce(),
                clock.total(),
                clock.phases());
        var proofs =
            new ProofKeeper(
                proof, ready.get(), report, parts.dir().path(), ProofArchive.of(settings), events);
        return new LocalSandbox(ready.get(), proofs, filters, parts, report, events, onClose);
      }
    }
    throw new VmStartException("VM " + request.spec().id() + " can't be had from any source");
  }

  /**
   * Memory that this host has not can't be given: the guest would be killed in the middle of its
   * work.
   */
  private static void requireMemory(SandboxSpec spec) {
    long hostMib = HostMemory.totalMib();
    if (spec.shape().memoryMib() > hostMib) {
      throw new IllegalArgumentException(
          "memory of %d MiB: this host has %d MiB".formatted(spec.shape().memoryMib(), hostMib));
    }
  }

  boolean isJailed() {
    return chosen.jail() != Jail.NONE && settings.seccomp() != Seccomp.LEARNING;
  }

  boolean isHardware() {
    return chosen.hypervisor().acceleration() == Acceleration.KVM;
  }

  Optional<String> downgrade() {
    return chosen.downgrade();
  }

  @Override
  public void close() {
    closed = true;
    networks.close();
    chosen.hypervisor().close();
  }
}
