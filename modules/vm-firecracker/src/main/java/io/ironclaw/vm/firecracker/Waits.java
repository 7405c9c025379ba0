package io.ironclaw.vm.firecracker;

import io.ironclaw.api.Acceleration;
import io.ironclaw.vm.Boots;
import java.time.Duration;

/**
 * How long Firecracker may take.
 *
 * @param connect from its start to its sockets
 * @param answer to a request
 * @param memory to a request that reads or writes a guest's memory
 * @param guest from its begin to its agent's first word
 */
record Waits(Duration connect, Duration answer, Duration memory, Duration guest) {
  static final Waits USUAL =
      new Waits(
          Duration.ofSeconds(10),
          Duration.ofSeconds(10),
          Duration.ofSeconds(60),
          Boots.deadline(Acceleration.KVM));
}
