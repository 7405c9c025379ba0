package io.ironclaw.api;

import java.util.List;
import java.util.Map;

/**
 * The newest entries of this process's audit, in memory: bounded, with what fell out counted. The
 * log on disk has those of all processes. Safe for many threads.
 */
public interface AuditTrail {
  /** One that nothing is entered in. */
  static AuditTrail none() {
    return new AuditTrail() {
      @Override
      public List<AuditEntry> recent() {
        return List.of();
      }

      @Override
      public Map<AuditKind, Long> dropped() {
        return Map.of();
      }
    };
  }

  /** What is there, the oldest first; noise displaces no entries of a security kind. */
  List<AuditEntry> recent();

  /** How many entries of each kind are there no more. */
  Map<AuditKind, Long> dropped();
}
