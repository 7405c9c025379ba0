package io.ironclaw.sandbox;

import io.ironclaw.host.HostException;
import io.ironclaw.host.IronClawException;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.image.AgentBinary;
import io.ironclaw.image.BootImage;
import io.ironclaw.image.ImageStore;
import io.ironclaw.vm.Acceleration;
import io.ironclaw.vm.AssuranceException;
import io.ironclaw.vm.Hypervisor;
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
    var sandbox = factory(image).open(spec, image, open::remove);
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

  private SandboxFactory factory(BootImage image) throws IronClawException {
    lock.lock();
    try {
      if (closed) {
        throw new HostException("IronClaw is closed; no sandbox can be opened");
      }
      if (factory.isEmpty()) {
        factory = Optional.of(new SandboxFactory(settings, hypervisor(image)));
      }
      return factory.get();
    } finally {
      lock.unlock();
    }
  }

  private Hypervisor hypervisor(BootImage image) throws IronClawException {
    PrivateDir.ensure(settings.runtimeDir());
    var program = QemuProgram.find(settings.qemu(), settings.searchPath(), settings.cacheDir());
    var logs = PrivateDir.ensure(settings.cacheDir().resolve("logs"));
    var acceleration = acceleration(program, image);
    return new QemuHypervisor(program, acceleration, logs);
  }

  private Acceleration acceleration(QemuProgram program, BootImage image)
      throws AssuranceException {
    var wanted = settings.acceleration();
    if (wanted.equals(Optional.of(Acceleration.EMULATED))) {
      return Acceleration.EMULATED;
    }
    var finding = new KvmProbe(program, settings.cacheDir(), settings.runtimeDir()).find(image);
    if (finding.answer() == KvmProbe.Answer.WORKS) {
      return Acceleration.KVM;
    }
    if (wanted.isPresent()) {
      throw new AssuranceException(
          "KVM is demanded and can't be used: " + finding.why() + "; no VM was started");
    }
    return Acceleration.EMULATED;
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
