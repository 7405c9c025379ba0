package io.ironclaw.bench;

import io.ironclaw.api.IronClawException;
import java.io.IOException;
import java.util.Optional;

/** A bare VM with a raw port, booted when it is first needed. For one thread. */
final class RawPort implements AutoCloseable {
  private static final int BOOT_TRIES = 3;

  private final Lab lab;
  private Optional<BareVm> vm = Optional.empty();

  RawPort(Lab lab) {
    this.lab = lab;
  }

  BareVm vm() throws IronClawException, IOException {
    // A run that hung had its VM killed; that run is counted as failed, and the next gets a new VM.
    if (vm.isPresent() && !vm.get().isAlive()) {
      close();
      vm = Optional.empty();
    }
    if (vm.isEmpty()) {
      vm = Optional.of(boot());
    }
    return vm.get();
  }

  private BareVm boot() throws IronClawException, IOException {
    for (int attempt = 1; ; attempt++) {
      try {
        var frames = BareFrames.greeting("raw", Lab.scratchMib());
        return BareVm.boot(lab.bareBoot(), lab.newDir(), frames);
      } catch (IOException e) {
        // An emulated boot can hang for reasons of its own.
        if (attempt == BOOT_TRIES) {
          throw e;
        }
      }
    }
  }

  @Override
  public void close() throws IOException {
    if (vm.isPresent()) {
      vm.get().close();
    }
  }
}
