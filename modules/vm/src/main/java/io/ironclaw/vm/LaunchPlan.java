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
 * @param memory the file that takes its memory, when it is to become a template; empty = none
 */
public record LaunchPlan(
    MachineId id, Path folder, MachineShape shape, BootImage image, Optional<Path> memory) {
  /** A machine whose memory is its own and in no file. */
  public LaunchPlan(MachineId id, Path folder, MachineShape shape, BootImage image) {
    this(id, folder, shape, image, Optional.empty());
  }
}
