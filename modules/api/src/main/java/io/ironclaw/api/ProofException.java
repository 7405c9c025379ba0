package io.ironclaw.api;

import java.io.Serial;

/** A VM's isolation was not proven, so it was destroyed and not handed out. */
public final class ProofException extends VmStartException {
  @Serial private static final long serialVersionUID = 1L;

  private final String item;

  /**
   * @param item the control that was not proven
   * @param why what was read in place of what was claimed, and what to do
   */
  public ProofException(VmId id, String item, String why) {
    super("VM " + id + " is not handed out: " + item + " is not proven: " + why);
    this.item = item;
  }

  /** The control that was not proven. */
  public String item() {
    return item;
  }
}
