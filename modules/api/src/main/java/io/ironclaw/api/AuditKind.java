package io.ironclaw.api;

import java.util.Locale;
import java.util.Optional;

/**
 * What an entry of the audit is about. Those of {@link #isSecurity} have a share of every bound.
 */
public enum AuditKind {
  /** A process of IronClaw: who started it. */
  PROCESS_BEGAN,
  /** An MCP client has said who it is. */
  CLIENT,
  VM_OPENED,
  VM_PROVEN,
  VM_REFUSED(true),
  VM_DIED(true),
  VM_CLOSED,
  ISOLATION_LOST(true),
  EXEC_BEGAN,
  EXEC_ENDED,
  FILE_IN,
  FILE_OUT,
  NETWORK_OPENED,
  NETWORK_DENIED(true),
  NETWORK_USED,
  GUEST_SECCOMP(true),
  HYPERVISOR_SECCOMP(true),
  LIMIT(true),
  /** Something that was asked for and not even begun. */
  REFUSED(true),
  /** What killed owners had left was cleared. */
  CLEARED,
  /** Another process asks for something of a VM. */
  ASKED,
  TOOL,
  TEMPLATE_BROKEN(true),
  COLD_BOOT,
  LEFT_BEHIND,
  /** The log's own: a file of it begins. */
  SEGMENT,
  /** The log's own: the oldest files were removed, as the log may not grow further. */
  REMOVED,
  /** The log's own: what comes before is signed. */
  CHECKPOINT,
  /** The log's own: entries that were lost, counted. */
  DROPPED(true),
  /** The log's own: the end of a write that was cut short was taken away. */
  CUT(true),
  /** The log's own: it could not be written, or a checkpoint could not be taken elsewhere. */
  AUDIT_FAILING(true);

  private final boolean security;
  private final String text;

  AuditKind() {
    this(false);
  }

  AuditKind(boolean security) {
    this.security = security;
    text = name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Whether it is a refusal, a violation, or a loss. */
  public boolean isSecurity() {
    return security;
  }

  /** As it is written, such as {@code exec-began}. */
  public String text() {
    return text;
  }

  /** Of what is written. */
  public static Optional<AuditKind> of(String text) {
    for (var kind : values()) {
      if (kind.text().equals(text)) {
        return Optional.of(kind);
      }
    }
    return Optional.empty();
  }

  @Override
  public String toString() {
    return text();
  }
}
