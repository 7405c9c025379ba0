package io.ironclaw.api;

import java.util.Locale;

/** Which system calls a jailed hypervisor may make. What it may not kills it. */
public enum Seccomp {
  /** What the hypervisor was seen to make, and nothing else. */
  MINIMAL,
  /** That, and what other versions of it make for the same. */
  BASIC,
  /** All but what attacks hosts. */
  PERMISSIVE,
  /** As of {@link #MINIMAL}, but what would kill it passes, and the kernel notes it. */
  LEARNING,
  /** No filter of ours: there is no jail. */
  NONE;

  /** As it is written. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
