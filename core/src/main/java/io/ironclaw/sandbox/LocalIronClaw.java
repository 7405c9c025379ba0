package io.ironclaw.sandbox;

import io.ironclaw.host.HostException;
import io.ironclaw.host.IronClawException;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.image.AgentBinary;
import io.ironclaw.image.BootImage;
import io.ironclaw.image.ImageStore;
import io.ironclaw.vm.Acceleration;
import io.ironclaw.vm.AssuranceException;
import io.ironclaw.vm.qemu.KvmProbe;
import io.ironclaw.vm.qemu.QemuHypervisor;
import io.ironclaw.vm.qemu.QemuProgram;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/** IronClaw on this host: wires images, the hypervisor and templates together. */
public final class LocalIronClaw implements IronClaw {
  private final Settings settings;
  private final Set<LocalSandbox> open = ConcurrentHashMap.newKeySet();
  private final ReentrantLock lock = new ReentrantLock();
  private Optional<SandboxFactory> factory = Optional.empty();
  private boolean closed;

  private LocalIronClaw(Settings settings) {
    this.settings = settings;
  }

  /** Starts nothing yet: what is missing on the host shows when the first sandbox is opened. */
  public static IronClaw start(Settings settings) {
    return new LocalIronClaw(settings);
  }

  @Override
  public Sandbox open(SandboxSpec spec) throws IronClawException {
    var image = images().prepare(spec.image());
    var sandbox = factory(image, spec).open(spec, image, open::remove);
    open.add(sandbox);
    if (isClosed()) {
      sandbox.close();
      throw new HostException("IronClaw is closed; no sandbox can be opened");
    }
    return sandbox;
  }

  private ImageStore images() throws HostException {
    try {
      return new ImageStore(settings.cacheDir(), AgentBinary.packaged(), settings.progress());
    } catch (IOException e) {
      throw new HostException("IronClaw was built without its guest agent: " + e.getMessage(), e);
    }
  }

  private SandboxFactory factory(BootImage image, SandboxSpec spec) throws IronClawException {
    var made = factory(image);
    if (spec.assurance() == SandboxSpec.Assurance.HARDWARE && !made.isHardware()) {
      throw new AssuranceException(
          "hardware isolation is demanded, and VMs would be emulated here"
              + made.downgrade().map(why -> ": " + why).orElse("")
              + "; no VM was started");
    }
    return made;
  }

  private SandboxFactory factory(BootImage image) throws IronClawException {
    lock.lock();
    try {
      if (closed) {
        throw new HostException("IronClaw is closed; no sandbox can be opened");
      }
      if (factory.isEmpty()) {
        factory = Optional.of(newFactory(image));
      }
      return factory.get();
    } finally {
      lock.unlock();
    }
  }

  private SandboxFactory newFactory(BootImage image) throws IronClawException {
    PrivateDir.ensure(settings.runtimeDir());
    var program = QemuProgram.find(settings.qemu(), settings.searchPath(), settings.cacheDir());
    var logs = PrivateDir.ensure(settings.cacheDir().resolve("logs"));
    var isolation = isolation(program, image);
    return new SandboxFactory(
        settings,
        new QemuHypervisor(program, isolation.acceleration(), logs),
        isolation.downgrade());
  }

  private Isolation isolation(QemuProgram program, BootImage image) throws AssuranceException {
    var wanted = settings.acceleration();
    if (wanted.equals(Optional.of(Acceleration.EMULATED))) {
      return new Isolation(Acceleration.EMULATED, Optional.empty());
    }
    var finding = new KvmProbe(program, settings.cacheDir(), settings.runtimeDir()).find(image);
    if (finding.answer() == KvmProbe.Answer.WORKS) {
      return new Isolation(Acceleration.KVM, Optional.empty());
    }
    if (wanted.isPresent()) {
      throw new AssuranceException(
          "KVM is demanded and can't be used: " + finding.why() + "; no VM was started");
    }
    return new Isolation(Acceleration.EMULATED, Optional.of(finding.why()));
  }

  private boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    Optional<SandboxFactory> ending;
    lock.lock();
    try {
      closed = true;
      ending = factory;
      factory = Optional.empty();
    } finally {
      lock.unlock();
    }
    open.forEach(LocalSandbox::close);
    ending.ifPresent(SandboxFactory::close);
  }
}
