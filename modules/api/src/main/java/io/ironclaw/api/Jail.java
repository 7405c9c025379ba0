package io.ironclaw.api;

/** What confines the hypervisor's process, besides its own filter. */
public enum Jail {
  /** Namespaces of its own, only what it needs of the host's files, no capabilities. */
  BUBBLEWRAP("jailed"),
  /** Firecracker's own jailer, with namespaces and control groups of ours around it. */
  JAILER("jailed"),
  /** Nothing: it has the rights of whoever started it. */
  NONE("not jailed");

  private final String text;

  Jail(String text) {
    this.text = text;
  }

  /** In words. */
  public String text() {
    return text;
  }
}
