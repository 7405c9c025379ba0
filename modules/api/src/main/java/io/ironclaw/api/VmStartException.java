package io.ironclaw.api;

import java.io.Serial;

/** A VM did not come up; the message ends with what its console said last. */
public sealed class VmStartException extends VmException permits ProofException {
  @Serial private static final long serialVersionUID = 1L;

  private final boolean hang;

  public VmStartException(String message) {
    super(message);
    this.hang = false;
  }

  public VmStartException(String message, Throwable cause) {
    super(message, cause);
    this.hang = cause instanceof GuestUnresponsiveException;
  }

  /** Whether the guest fell silent, as an emulated one sometimes does: another try can help. */
  public boolean isHang() {
    return hang;
  }
}
