package io.ironclaw.tool;

/** What can be done in a sandbox. */
public enum Tool {
  EXEC("exec"),
  READ_FILE("read_file"),
  WRITE_FILE("write_file"),
  LIST_FILES("list_files"),
  /** Read again what isolates the VM. */
  PROVE("isolation_proof");

  private final String id;

  Tool(String id) {
    this.id = id;
  }

  /** Its name for clients, events and policies. */
  public String id() {
    return id;
  }

  @Override
  public String toString() {
    return id;
  }
}
