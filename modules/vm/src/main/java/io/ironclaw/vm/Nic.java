package io.ironclaw.vm;

import io.ironclaw.guest.GuestNetwork;
import java.nio.file.Path;

/**
 * The network device of a machine: a tap that was made for it.
 *
 * @param namespace a file that names the network namespace that the tap is in
 * @param tap its name there
 * @param mac what the guest has as its hardware address
 * @param guest what the guest is told of it
 */
public record Nic(Path namespace, String tap, String mac, GuestNetwork guest) {
  /** What of it a guest is made with: the same for clones of one template. */
  String identity() {
    return mac + " " + guest;
  }
}
