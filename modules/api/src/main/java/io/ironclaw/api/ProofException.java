package io.ironclaw.api;

import java.io.Serial;

/** A VM's isolation was not proven, so it was destroyed. */
public final class ProofException extends VmStartException {
  @Serial private static final long serialVersionUID = 1L;

  private final ProofItem item;
  private final String evidence;

  private ProofException(VmId id, ProofItem item, String evidence, String how) {
    super("VM " + id + " " + how + ": " + item + " is not proven: " + evidence + "; " + item.fix());
    this.item = item;
    this.evidence = evidence;
  }

  /**
   * Of a machine that was to be handed out.
   *
   * @param item what was not proven
   * @param evidence what was read in place of what was claimed
   */
  public static ProofException before(VmId id, ProofItem item, String evidence) {
    return new ProofException(id, item, evidence, "is not handed out");
  }

  /** Of a machine that was proven when it was handed out. */
  public static ProofException since(VmId id, ProofItem item, String evidence) {
    return new ProofException(id, item, evidence, "was ended");
  }

  /** Whether it is of what the host does. */
  public boolean isOfHost() {
    return item.isOfHost();
  }

  /** What was not proven. */
  public ProofItem item() {
    return item;
  }

  /** What was read in place of what was claimed. */
  public String evidence() {
    return evidence;
  }
}
