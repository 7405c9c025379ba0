package io.ironclaw.network;

import io.ironclaw.api.HostException;
import io.ironclaw.api.Network;
import java.io.IOException;
import java.util.Optional;

/** Networks of machines that have a device. Safe for many threads. */
public final class Networks implements AutoCloseable {
  private final Tools tools;
  private final SlotNumbers numbers;
  private final Upstream upstream;
  private final HostWatch watch = new HostWatch(Namespace.HOST);
  private final Pool pool;

  private Networks(Tools tools, SlotNumbers numbers, Upstream upstream, int ahead) {
    this.upstream = upstream;
    pool = new Pool(ahead, this::made);
    this.tools = tools;
    this.numbers = numbers;
  }

  /**
   * Those of this host.
   *
   * @param searchPath where programs are looked for
   * @param resolvers that are asked for names, {@code ADDRESS[:PORT]} with commas between; empty =
   *     those of the host
   * @param ahead how many are made before somebody asks for them, once somebody has
   * @throws HostException if there can be none here, with what to do
   */
  public static Networks ofThisHost(String searchPath, Optional<String> resolvers, int ahead)
      throws HostException {
    var tools = Tools.find(searchPath);
    var networks = new Networks(tools, SlotNumbers.ofThisHost(), Upstream.of(resolvers), ahead);
    clearLeftovers(networks.tools, networks.numbers);
    return networks;
  }

  /**
   * A network for one machine.
   *
   * @throws HostException if this host can't have it, with what to do
   */
  public Slot make(Network.Tap network) throws HostException {
    return pool.take(network);
  }

  private Slot made(Network.Tap network) throws HostException {
    return Slot.make(Namespace.HOST, tools, numbers, upstream, watch, network);
  }

  /**
   * Removes what killed owners have left of their networks, where there can be any.
   *
   * @return of how many
   */
  public static int clearLeftovers(String searchPath) throws HostException {
    return Tools.isAble(searchPath)
        ? clearLeftovers(Tools.find(searchPath), SlotNumbers.ofThisHost())
        : 0;
  }

  private static int clearLeftovers(Tools tools, SlotNumbers numbers) throws HostException {
    try {
      return Leftovers.clear(tools, numbers);
    } catch (IOException e) {
      throw new HostException(
          "what killed VMs have left of their networks can't be removed: " + e.getMessage(), e);
    }
  }

  /** Closes what nobody has taken. */
  @Override
  public void close() {
    pool.close();
  }
}
