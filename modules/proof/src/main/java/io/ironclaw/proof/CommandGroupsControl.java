package io.ironclaw.proof;

import io.ironclaw.guest.Renewed;
import io.ironclaw.vm.Admission;
import java.util.EnumSet;

/** A command that nothing bounds and nothing ends is not run. */
final class CommandGroupsControl implements Control {
  @Override
  public String item() {
    return "command-groups";
  }

  @Override
  public Evidence prove(Admission.Candidate candidate) {
    var missing = EnumSet.allOf(Renewed.Feature.class);
    missing.removeAll(candidate.renewed().features());
    return missing.isEmpty()
        ? Evidence.shows(() -> "the guest's agent confirms " + candidate.renewed().features())
        : Evidence.against(
            "guest has no control groups for commands: its agent does not confirm " + missing);
  }
}
