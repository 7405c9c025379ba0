package io.ironclaw.sandbox;

import io.ironclaw.api.Acceleration;
import io.ironclaw.api.GuestException;
import io.ironclaw.api.HostException;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.SandboxSpec;
import io.ironclaw.api.SpawnReport;
import io.ironclaw.api.VmException;
import io.ironclaw.api.VmStartException;
import io.ironclaw.guest.Renewal;
import io.ironclaw.guest.Renewed;
import io.ironclaw.image.BootImage;
import io.ironclaw.vm.Hypervisor;
import io.ironclaw.vm.Machine;
import io.ironclaw.vm.PhaseClock;
import io.ironclaw.vm.Template;
import io.ironclaw.vm.TemplateStore;
import io.ironclaw.vm.VmDir;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** Brings VMs up: a clone if a template can be had, else a cold boot. Safe for many threads. */
final class SandboxFactory implements AutoCloseable {
  private static final Duration RENEW = Duration.ofSeconds(20);
  private static final Duration MOST_CLOCK_ERROR = Duration.ofMillis(500);
  private static final int CLONE_TRIES = 2;
  private static final int COLD_BOOT_TRIES = 3;
  private static final int CLOCK_TRIES = 4;
  private static final int MOST_SAMPLES = 100_000;

  private final Settings settings;
  private final Hypervisor hypervisor;
  private final Optional<String> downgrade;
  private final TemplateStore templates;
  private volatile boolean closed;
  private final SecureRandom random = new SecureRandom();
  private final Set<String> samples = ConcurrentHashMap.newKeySet();

  /**
   * @param downgrade why guests are emulated, if nobody asked for that
   */
  SandboxFactory(Settings settings, Hypervisor hypervisor, Optional<String> downgrade) {
    this.settings = settings;
    this.downgrade = downgrade;
    this.hypervisor = hypervisor;
    this.templates =
        new TemplateStore(
            settings.stateDir().resolve("templates"), hypervisor, settings.progress());
    templates.clearAbandoned();
  }

  LocalSandbox open(SandboxSpec spec, BootImage image, Consumer<LocalSandbox> onClose)
      throws IronClawException {
    return open(spec, image, true, onClose);
  }

  /** A VM of an image that is used once: no template is made of it. */
  LocalSandbox openCold(SandboxSpec spec, BootImage image, Consumer<LocalSandbox> onClose)
      throws IronClawException {
    return open(spec, image, false, onClose);
  }

  private LocalSandbox open(
      SandboxSpec spec, BootImage image, boolean cloned, Consumer<LocalSandbox> onClose)
      throws IronClawException {
    requireMemory(spec);
    var clock = new PhaseClock();
    var dir = VmDir.create(settings.runtimeDir(), spec.id());
    try {
      var clone = cloned ? clone(spec, image, dir, clock) : Optional.<Machine>empty();
      var machine = clone.isPresent() ? clone.get() : boot(spec, image, dir, clock);
      var report =
          new SpawnReport(
              spec.id(),
              clone.isPresent() ? SpawnReport.How.CLONE : SpawnReport.How.COLD_BOOT,
              hypervisor.name(),
              hypervisor.acceleration(),
              downgrade,
              clock.total(),
              clock.phases());
      return new LocalSandbox(spec, machine, dir, report, onClose);
    } catch (IronClawException | RuntimeException e) {
      closeQuietly(dir);
      throw e;
    }
  }

  /**
   * Memory that this host has not can't be given: the guest would be killed in the middle of its
   * work.
   */
  private static void requireMemory(SandboxSpec spec) {
    long hostMib = HostMemory.totalMib();
    if (spec.config().memoryMib() > hostMib) {
      throw new IllegalArgumentException(
          "memory of %d MiB: this host has %d MiB".formatted(spec.config().memoryMib(), hostMib));
    }
  }

  private Optional<Template> template(SandboxSpec spec, BootImage image, VmDir dir)
      throws HostException, VmStartException {
    if (!settings.templates()) {
      return Optional.empty();
    }
    try {
      return Optional.of(templates.obtain(spec.config(), image, dir.path()));
    } catch (VmException | HostException e) {
      if (closed || Thread.currentThread().isInterrupted()) {
        throw new VmStartException("VM " + spec.id() + " was given up while it was started", e);
      }
      settings.progress().line("no template, booting cold: " + e.getMessage());
      return Optional.empty();
    }
  }

  /** Empty if no template can be had. */
  private Optional<Machine> clone(SandboxSpec spec, BootImage image, VmDir dir, PhaseClock clock)
      throws VmException, HostException {
    for (int attempt = 1; ; attempt++) {
      var template = template(spec, image, dir);
      clock.end("template");
      if (template.isEmpty()) {
        return Optional.empty();
      }
      try {
        var machine =
            hypervisor.restore(spec.id(), dir.path(), spec.config(), image, template.get(), clock);
        return Optional.of(renewed(spec, machine, clock));
      } catch (VmStartException e) {
        if (closed || Thread.currentThread().isInterrupted()) {
          throw e;
        }
        if (!templates.isThere(template.get())) {
          // Another process removed it, as one of too many, after we looked.
          if (attempt == CLONE_TRIES) {
            throw e;
          }
          settings.progress().line("the template was removed meanwhile, trying again");
        } else if (attempt == CLONE_TRIES) {
          settings
              .progress()
              .line(
                  "the template can't be restored, it is put aside and built again for the next"
                      + " VM; booting cold: "
                      + e.getMessage());
          templates.putAside(template.get());
          return Optional.empty();
        }
      }
    }
  }

  private Machine boot(SandboxSpec spec, BootImage image, VmDir dir, PhaseClock clock)
      throws VmException {
    for (int attempt = 1; ; attempt++) {
      boolean booted = false;
      try {
        var machine = hypervisor.boot(spec.id(), dir.path(), spec.config(), image, clock);
        booted = true;
        return renewed(spec, machine, clock);
      } catch (VmStartException e) {
        // A guest that panics, or a QEMU that ends, does so again.
        if (attempt == COLD_BOOT_TRIES || !(booted || e.isHang())) {
          throw e;
        }
        settings.progress().line("boot failed, trying again: " + e.getMessage());
      }
    }
  }

  /** A VM is handed out only when it has confirmed that it is itself: entropy, clock and name. */
  private Machine renewed(SandboxSpec spec, Machine machine, PhaseClock clock)
      throws VmStartException {
    try {
      var renewed = renew(spec, machine);
      for (int attempt = 1; isWrong(renewed.clockError()); attempt++) {
        // On a busy host the answer alone may take that long; the next one is quicker.
        if (attempt == CLOCK_TRIES) {
          throw new VmStartException(
              "guest clock is off by "
                  + renewed.clockError().toMillis()
                  + " ms after it was set, allowed: "
                  + MOST_CLOCK_ERROR.toMillis()
                  + " ms; is the host overloaded?");
        }
        renewed = renew(spec, machine);
      }
      clock.end("renew");
      requireFeatures(renewed);
      if (samples.size() >= MOST_SAMPLES) {
        samples.clear();
      }
      if (!samples.add(renewed.randomSample())) {
        throw new VmStartException(
            "guest random generator repeats another VM's numbers: it was not reseeded");
      }
      return machine;
    } catch (GuestException | VmStartException e) {
      String tail = machine.consoleTail();
      machine.close();
      throw new VmStartException(
          "VM "
              + spec.id()
              + " did not become ready: "
              + e.getMessage()
              + (tail.isEmpty()
                  ? "; its console said nothing"
                  : "; its console said last:\n" + tail),
          e);
    }
  }

  /** A command that nothing bounds and nothing ends is not run. */
  private static void requireFeatures(Renewed renewed) throws VmStartException {
    var missing = EnumSet.allOf(Renewed.Feature.class);
    missing.removeAll(renewed.features());
    if (!missing.isEmpty()) {
      throw new VmStartException(
          "guest has no control groups for commands: its agent does not confirm " + missing);
    }
  }

  private Renewed renew(SandboxSpec spec, Machine machine) throws GuestException {
    var renewal = Renewal.fresh(spec.id().value(), spec.config().diskMib(), random);
    return machine.agent().renew(renewal, RENEW);
  }

  private static boolean isWrong(Duration clockError) {
    return clockError.abs().compareTo(MOST_CLOCK_ERROR) > 0;
  }

  private static void closeQuietly(VmDir dir) {
    try {
      dir.close();
    } catch (IOException _) {
      // The start has failed already, and its error is what the caller needs.
    }
  }

  boolean isHardware() {
    return hypervisor.acceleration() == Acceleration.KVM;
  }

  Optional<String> downgrade() {
    return downgrade;
  }

  @Override
  public void close() {
    closed = true;
    hypervisor.close();
  }
}
