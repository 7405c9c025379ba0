package io.ironclaw.api;

import java.util.Locale;

/** What network a VM has. Nothing but an explicit choice makes it other than {@link #NONE}. */
public enum NetworkMode {
  /** No network device at all; the guest has only {@code lo}. */
  NONE,
  /** No network device; allow-listed egress over the guest channel. */
  PROXY,
  /** A network device in a namespace of its own, behind a firewall. */
  TAP;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
