package io.ironclaw.network;

import io.ironclaw.api.HostException;
import io.ironclaw.api.Network;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * Slots that are made ahead, for the network that was asked for last: who opens many VMs opens them
 * alike. Who takes one a second time is likely to take more: from then on they are made ahead, and
 * a command that opens one VM and ends pays for no other. Safe for many threads.
 */
final class Pool implements AutoCloseable {
  /** Makes one. */
  @FunctionalInterface
  interface Making {
    Slot make(Network.Tap network) throws HostException;
  }

  private final int size;
  private final Making making;
  private final Deque<Slot> ready = new ArrayDeque<>();
  private int taken;
  private boolean busy;
  private boolean closed;

  /**
   * @param size how many are kept ready; 0 = none are
   */
  Pool(int size, Making making) {
    this.size = size;
    this.making = making;
  }

  /** One that was made ahead, or one that is made now. */
  Slot take(Network.Tap network) throws HostException {
    var found = Optional.<Slot>empty();
    var others = new ArrayDeque<Slot>();
    synchronized (this) {
      for (var slot : ready) {
        boolean fits = found.isEmpty() && canPool(network) && slot.network().equals(network);
        if (fits) {
          found = Optional.of(slot);
        } else if (canPool(network) && !slot.network().equals(network)) {
          others.add(slot);
        }
      }
      found.ifPresent(ready::remove);
      ready.removeAll(others);
    }
    others.forEach(Slot::close);
    var slot = found.isPresent() ? found.get() : making.make(network);
    refill(network);
    return slot;
  }

  /** A port of the host can be published once only. */
  private static boolean canPool(Network.Tap network) {
    return network.publish().isEmpty();
  }

  private synchronized void refill(Network.Tap network) {
    taken++;
    if (taken > 1 && !closed && !busy && ready.size() < size && canPool(network)) {
      busy = true;
      var _ = Thread.ofPlatform().daemon().name("network-pool").start(() -> fill(network));
    }
  }

  private void fill(Network.Tap network) {
    try {
      while (isWanting()) {
        var made = making.make(network);
        if (!keep(made)) {
          made.close();
          return;
        }
      }
    } catch (HostException _) {
      // Whoever needs one makes it, and hears why it can't be made.
    } finally {
      done();
    }
  }

  private synchronized boolean isWanting() {
    return !closed && ready.size() < size;
  }

  private synchronized boolean keep(Slot made) {
    if (closed) {
      return false;
    }
    ready.add(made);
    return true;
  }

  private synchronized void done() {
    busy = false;
    notifyAll();
  }

  @Override
  public void close() {
    var left = new ArrayDeque<Slot>();
    synchronized (this) {
      closed = true;
      left.addAll(ready);
      ready.clear();
      boolean interrupted = false;
      while (busy) {
        try {
          wait();
        } catch (InterruptedException _) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
    left.forEach(Slot::close);
  }
}
