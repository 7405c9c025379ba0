package io.ironclaw.network;

import io.ironclaw.api.HostException;
import io.ironclaw.host.NamedLock;
import io.ironclaw.host.PrivateDir;
import java.nio.file.Path;
import java.util.Optional;

/** Numbers of slots: who has one holds a lock that all processes of this host know. */
record SlotNumbers(Path locks) {
  private static final Path RUN = Path.of("/run/ironclaw");

  /** One that is taken until it is closed. */
  record Taken(int number, NamedLock lock) implements AutoCloseable {
    @Override
    public void close() {
      lock.close();
    }
  }

  static SlotNumbers ofThisHost() throws HostException {
    return new SlotNumbers(PrivateDir.ensure(PrivateDir.ensureWalkable(RUN).resolve("net")));
  }

  /** The lowest that nobody has. */
  Taken take() throws HostException {
    for (int number = 1; number <= Plan.MOST; number++) {
      var taken = take(number);
      if (taken.isPresent()) {
        return taken.get();
      }
    }
    throw new HostException("all " + Plan.MOST + " networks are in use; close some VMs");
  }

  /** A number, if nobody has it. */
  Optional<Taken> take(int number) throws HostException {
    return NamedLock.tryAcquire(locks.resolve(Integer.toString(number)), "running a VM's network")
        .map(lock -> new Taken(number, lock));
  }
}
