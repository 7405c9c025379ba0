package io.ironclaw.vm;

import io.ironclaw.api.SandboxSpec;
import io.ironclaw.image.BootImage;
import java.nio.file.Path;

/**
 * A machine that is wanted.
 *
 * @param id its name
 * @param spec the sandbox that it is for
 * @param image what it boots from
 * @param folder its own, private
 */
public record MachineRequest(MachineId id, SandboxSpec spec, BootImage image, Path folder) {
  LaunchPlan plan() {
    return new LaunchPlan(id, folder, spec.shape(), image);
  }
}
