package io.ironclaw.vm;

import io.ironclaw.api.MachineShape;
import io.ironclaw.image.BootImage;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What a hypervisor is to start.
 *
 * @param id for its log and its threads
 * @param folder the machine's own: private, and empty but for what an earlier try left
 * @param shape its machine
 * @param image what it boots from
 * @param nic its network device; empty = none
 * @param memory the file that takes its memory, when it is to become a template; empty = none
 */
public record LaunchPlan(
    MachineId id,
    Path folder,
    MachineShape shape,
    BootImage image,
    Optional<Nic> nic,
    Optional<Path> memory) {
  /** A machine without a network, whose memory is its own and in no file. */
  public LaunchPlan(MachineId id, Path folder, MachineShape shape, BootImage image) {
    this(id, folder, shape, image, Optional.empty(), Optional.empty());
  }

  /** The same, but for another machine of the same make. */
  LaunchPlan as(MachineId other) {
    return new LaunchPlan(other, folder, shape, image, nic, memory);
  }

  /** The same with its memory in a file. */
  LaunchPlan savedTo(Path file) {
    return new LaunchPlan(id, folder, shape, image, nic, Optional.of(file));
  }
}
