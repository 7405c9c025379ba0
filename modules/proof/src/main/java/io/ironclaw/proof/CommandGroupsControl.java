package io.ironclaw.proof;

import io.ironclaw.api.ProofItem;
import io.ironclaw.guest.Renewed;
import io.ironclaw.jail.Reading;
import io.ironclaw.vm.Admission;
import java.util.EnumSet;
import java.util.Set;

/** A command that nothing bounds and nothing ends is not run. */
final class CommandGroupsControl extends GuestControl {
  private static final Set<Renewed.Feature> NEEDED =
      EnumSet.of(Renewed.Feature.LIMITS, Renewed.Feature.KILL, Renewed.Feature.NAMESPACE);

  CommandGroupsControl() {
    super(ProofItem.COMMAND_GROUPS);
  }

  @Override
  Reading judge(Renewed renewed, Admission.Candidate candidate) {
    var missing = EnumSet.copyOf(NEEDED);
    missing.removeAll(renewed.features());
    return missing.isEmpty()
        ? proven(() -> "its agent confirms " + NEEDED)
        : failed("guest has no control groups for commands: its agent does not confirm " + missing);
  }
}
