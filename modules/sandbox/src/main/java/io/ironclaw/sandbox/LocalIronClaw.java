package io.ironclaw.sandbox;

import io.ironclaw.api.Assurance;
import io.ironclaw.api.AssuranceException;
import io.ironclaw.api.AuditTrail;
import io.ironclaw.api.Event;
import io.ironclaw.api.EventBus;
import io.ironclaw.api.HostException;
import io.ironclaw.api.IronClaw;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.Sandbox;
import io.ironclaw.api.SandboxSpec;
import io.ironclaw.audit.Audit;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.image.AgentBinary;
import io.ironclaw.image.BootImage;
import io.ironclaw.image.ImageStore;
import io.ironclaw.proof.Proof;
import io.ironclaw.vm.VmDir;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * IronClaw on this host: wires images, the hypervisor and templates together. What may take long, a
 * probe or a start, is done without a lock: closing waits for none of it.
 */
public final class LocalIronClaw implements IronClaw {
  private final Settings settings;
  private final String how;
  private final Audit audit;
  private final EventBus events;
  private final AtomicBoolean began = new AtomicBoolean();
  private final Set<LocalSandbox> open = ConcurrentHashMap.newKeySet();
  private Optional<CompletableFuture<SandboxFactory>> factory = Optional.empty();
  private boolean closed;

  private LocalIronClaw(Settings settings, String how) {
    this.settings = settings;
    this.how = how;
    audit = new Audit(settings.audit(), this::auditFailing);
    events = new EventBus(audit);
  }

  /** As the environment says: see {@link Settings#fromEnvironment}. */
  public static IronClaw start() {
    return start(Settings.fromEnvironment(System.getenv()));
  }

  /** Starts nothing yet: what is missing on the host shows when the first sandbox is opened. */
  public static IronClaw start(Settings settings) {
    return start(settings, "library");
  }

  /**
   * The same.
   *
   * @param how it is used, for the audit
   */
  public static IronClaw start(Settings settings, String how) {
    return new LocalIronClaw(settings, how);
  }

  private void auditFailing(String text) {
    events.publish(new Event.AuditFailing(text));
  }

  @Override
  public AuditTrail audit() {
    return audit;
  }

  @Override
  public Sandbox open(SandboxSpec spec) throws IronClawException {
    if (began.compareAndSet(false, true)) {
      events.publish(Requester.of(how));
    }
    events.requireEntered();
    var image = images().prepare(spec.image());
    var all = spec.requiring(spec.assurance().and(settings.required()));
    return kept(factory(image, all).open(all, image, open::remove));
  }

  private LocalSandbox kept(LocalSandbox sandbox) throws HostException {
    open.add(sandbox);
    if (isClosed()) {
      sandbox.close();
      throw closedAlready();
    }
    return sandbox;
  }

  private static HostException closedAlready() {
    return new HostException("IronClaw is closed; no sandbox can be opened");
  }

  private ImageStore images() throws HostException {
    PrivateDir.checkTrusted(settings.cacheDir());
    return new ImageStore(
        settings.cacheDir(),
        agent(),
        events,
        (image, argv, stdout) -> {
          var build =
              new BuildMachine(
                  image,
                  (spec, booted) -> kept(factory(booted).openCold(spec, booted, open::remove)));
          build.run(argv, stdout);
        });
  }

  private static AgentBinary agent() throws HostException {
    try {
      return AgentBinary.packaged();
    } catch (IOException e) {
      throw new HostException("IronClaw was built without its guest agent: " + e.getMessage(), e);
    }
  }

  private SandboxFactory factory(BootImage image, SandboxSpec spec) throws IronClawException {
    var made = factory(image);
    if (spec.assurance().demands(Assurance.Demand.HARDWARE) && !made.isHardware()) {
      throw refused(
          spec,
          "hardware isolation is demanded, and VMs would be emulated here"
              + made.downgrade().map(why -> ": " + why).orElse("")
              + "; no VM was started");
    }
    if (spec.assurance().demands(Assurance.Demand.JAILED) && !made.isJailed()) {
      throw refused(
          spec,
          "a jail is demanded, and none was asked for (--jail none, IRONCLAW_JAIL=none) or one"
              + " whose filter only notes (IRONCLAW_SECCOMP=learning); no VM was started");
    }
    return made;
  }

  private AssuranceException refused(SandboxSpec spec, String why) {
    events.publish(new Event.Refused(Optional.of(spec.id()), why));
    return new AssuranceException(why);
  }

  /** Made by whoever needs it first, while others wait; a failure is told to all of them. */
  private SandboxFactory factory(BootImage image) throws IronClawException {
    var mine = new CompletableFuture<SandboxFactory>();
    if (claims(mine)) {
      try {
        mine.complete(newFactory(image));
      } catch (IronClawException | RuntimeException e) {
        mine.completeExceptionally(e);
        throw e;
      }
    }
    try {
      return current().get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HostException("interrupted while the hypervisor was looked at", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IronClawException failed) {
        throw failed;
      }
      throw new HostException("no hypervisor: " + e.getCause(), e);
    }
  }

  /** Whether the caller is to make it: nobody does or did, or whoever tried has failed. */
  private synchronized boolean claims(CompletableFuture<SandboxFactory> mine) throws HostException {
    if (closed) {
      throw closedAlready();
    }
    boolean taken = factory.map(f -> !f.isCompletedExceptionally()).orElse(false);
    if (!taken) {
      factory = Optional.of(mine);
    }
    return !taken;
  }

  private synchronized CompletableFuture<SandboxFactory> current() throws HostException {
    return factory.orElseThrow(LocalIronClaw::closedAlready);
  }

  private SandboxFactory newFactory(BootImage image) throws IronClawException {
    int cleared = VmDir.sweep(PrivateDir.ensure(settings.runtimeDir()));
    if (cleared > 0) {
      events.publish(new Event.OwnersCleared(cleared));
    }
    var proof = new Proof(agent().digest());
    var chosen = new Hypervisors(settings).choose(image, proof);
    return new SandboxFactory(settings, chosen, proof, events);
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  private synchronized Optional<CompletableFuture<SandboxFactory>> end() {
    closed = true;
    var ending = factory;
    factory = Optional.empty();
    return ending;
  }

  @Override
  public EventBus events() {
    return events;
  }

  /** Closes what is open. A start that goes on fails, and what it has made so far is closed. */
  @Override
  public void close() {
    var ending = end();
    open.forEach(LocalSandbox::close);
    // At once if it is there, else when it has been made.
    ending.ifPresent(future -> {
      var _ = future.thenAccept(SandboxFactory::close);
    });
    audit.close();
    events.close();
  }
}
