package io.ironclaw.vm;

import io.ironclaw.api.Network;
import io.ironclaw.api.SandboxSpec;
import io.ironclaw.image.BootImage;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A machine that is wanted.
 *
 * @param id its name
 * @param spec the sandbox that it is for
 * @param image what it boots from
 * @param folder its own, private
 * @param network what it is joined to; empty = it has no network device
 */
public record MachineRequest(
    MachineId id,
    SandboxSpec spec,
    BootImage image,
    Path folder,
    Optional<MachineNetwork> network) {
  /**
   * @throws IllegalArgumentException if the sandbox is to have another network than it gets
   */
  public MachineRequest {
    if (network.isPresent() != spec.network() instanceof Network.Tap) {
      throw new IllegalArgumentException("VM " + id + " would have another network than asked for");
    }
  }

  LaunchPlan plan() {
    return new LaunchPlan(
        id, folder, spec.shape(), image, network.map(MachineNetwork::nic), Optional.empty());
  }
}
