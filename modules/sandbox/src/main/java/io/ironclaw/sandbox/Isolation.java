package io.ironclaw.sandbox;

import io.ironclaw.api.Acceleration;
import io.ironclaw.vm.KvmProbe;
import java.util.Optional;

/**
 * What is between a guest and its host.
 *
 * @param downgrade why it is emulation, if nobody asked for that
 */
public record Isolation(Acceleration acceleration, Optional<String> downgrade) {
  /** What can be known of the VMs of these settings without starting one. */
  public static Optional<Isolation> known(Settings settings) {
    if (settings.acceleration().equals(Optional.of(Acceleration.EMULATED))) {
      return Optional.of(new Isolation(Acceleration.EMULATED, Optional.empty()));
    }
    return KvmProbe.withoutBoot()
        .map(finding -> new Isolation(Acceleration.EMULATED, Optional.of(finding.why())));
  }
}
