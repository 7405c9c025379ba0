package io.ironclaw.vm;

import io.ironclaw.api.VmId;

/**
 * The name of a machine, for its folder, its sockets, its log and its threads. A machine is not the
 * sandbox that has it: templates and probes have machines too, and one that was made ahead has its
 * name before it has a sandbox.
 *
 * @param value as of {@link VmId}, so it can be part of any path
 */
public record MachineId(String value) {
  public MachineId {
    var _ = new VmId(value);
  }

  /** The machine that is made for a sandbox; two of one name can't be alive at once. */
  public static MachineId of(VmId sandbox) {
    return new MachineId(sandbox.value());
  }

  /** A machine of nobody's. */
  public static MachineId random() {
    return of(VmId.random());
  }

  @Override
  public String toString() {
    return value;
  }
}
