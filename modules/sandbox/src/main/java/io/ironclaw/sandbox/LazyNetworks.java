package io.ironclaw.sandbox;

import io.ironclaw.api.HostException;
import io.ironclaw.api.Network;
import io.ironclaw.network.Networks;
import io.ironclaw.network.Slot;
import java.util.Optional;

/** Networks for those who ask for one; nothing is looked for before. Safe for many threads. */
final class LazyNetworks implements AutoCloseable {
  /** Enough for VMs that are opened one after the other. */
  private static final int AHEAD = 2;

  private final String searchPath;
  private final Optional<String> resolvers;
  private Optional<Networks> networks = Optional.empty();

  LazyNetworks(Settings settings) {
    searchPath = settings.searchPath();
    resolvers = settings.resolvers();
  }

  /** What a machine is joined to; empty if it is to have no network device. */
  Optional<Slot> of(Network network) throws HostException {
    return network instanceof Network.Tap tap
        ? Optional.of(ofThisHost().make(tap))
        : Optional.empty();
  }

  private synchronized Networks ofThisHost() throws HostException {
    var made = networks;
    if (made.isEmpty()) {
      made = Optional.of(Networks.ofThisHost(searchPath, resolvers, AHEAD));
      networks = made;
    }
    return made.get();
  }

  @Override
  public synchronized void close() {
    networks.ifPresent(Networks::close);
  }
}
