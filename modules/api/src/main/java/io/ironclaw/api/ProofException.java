package io.ironclaw.api;

import java.io.Serial;

/** A VM's isolation was not proven, so it was destroyed and not handed out. */
public final class ProofException extends VmStartException {
  @Serial private static final long serialVersionUID = 1L;

  private final String item;
  private final boolean ofHost;

  /**
   * @param item the control that was not proven
   * @param why what was read in place of what was claimed, and what to do
   */
  public ProofException(VmId id, String item, String why) {
    this(id, item, why, false);
  }

  private ProofException(VmId id, String item, String why, boolean ofHost) {
    super("VM " + id + " is not handed out: " + item + " is not proven: " + why);
    this.item = item;
    this.ofHost = ofHost;
  }

  /** One of what the host does, which no other start of the guest would change. */
  public static ProofException ofHost(VmId id, String item, String why) {
    return new ProofException(id, item, why, true);
  }

  /** Whether it is of what the host does. */
  public boolean isOfHost() {
    return ofHost;
  }

  /** The control that was not proven. */
  public String item() {
    return item;
  }
}
